"""What is printed when nothing has happened for a while: what runs where, since when, and what is waited for."""

from __future__ import annotations

from automl.driver.options import Waiting
from automl.jobs import UnderWay
from automl.report.units import counted, seconds_text

_SHOWN = 8  # fits; a cluster may have thousands under way


def waiting_text(event: Waiting) -> str:
    """One line of what is the matter, and one for each of the fits that have taken longest."""
    activity = event.activity
    head = f"nothing new for {seconds_text(event.silent_s)} ({event.doing})"
    if activity is None:
        return head
    head += f": {counted(len(activity.running), 'fit')} under way, {activity.queued} queued; "
    head += f"{counted(activity.ready, 'worker')} ready, {activity.starting} starting"
    if activity.waits_for:
        head += f"; waits for {activity.waits_for}"
    longest = sorted(activity.running, key=lambda one: -one.seconds)
    lines = [_line(one) for one in longest[:_SHOWN]]
    if len(longest) > _SHOWN:
        lines.append(f"  and {len(longest) - _SHOWN} more")
    return "\n".join([head, *lines])


def _line(one: UnderWay) -> str:
    what = f"{one.job.label} ({one.job.candidate})" if one.job.label else one.job.candidate
    return f"  {what}: since {seconds_text(one.seconds)} on {one.place}"
