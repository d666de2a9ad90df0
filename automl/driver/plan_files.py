"""A plan and its lock as files: plan.json, and automl.lock beside it."""

from __future__ import annotations

from pathlib import Path

from automl.errors import AutomlError, error
from automl.lock import FILE_NAME, check_lock, lock_text, read_locks
from automl.plan import Lock
from automl.planning import Planned
from automl.report.files import write_whole
from automl.value import pretty_json


def write_plan(planned: Planned, place: Path, update: bool) -> dict[str, str]:
    """Write both; `update` accepts what changed since the lock was written. Returns the places of plan and lock.

    Raises AutomlError: CLI006 where no file can be at `place`, LOCK001 and LOCK002 of a lock that stands there.
    """
    if place.is_dir():
        raise error("CLI006", f"{place} is a folder; expected the name of a file, such as {place / 'plan.json'}")
    lock = place.with_name(FILE_NAME)
    if place == lock:
        raise error("CLI006", f"{place}: the lock goes there; expected another name for the plan, such as plan.json")
    if not update:
        check_lock(planned.plan, planned.lock, place.parent)
    locks = {**_other_locks(lock, update), planned.plan.spec.name: planned.lock}
    write_whole(lock, lock_text(locks))
    write_whole(place, pretty_json(planned.plan.model_dump(mode="json")))
    return {"plan": str(place), "lock": str(lock)}


def _other_locks(path: Path, update: bool) -> dict[str, Lock]:
    """What the lock file says of all specs of its folder; an unreadable one is refused, or with `update` replaced."""
    try:
        return read_locks(path)
    except AutomlError:
        if not update:
            raise
        return {}
