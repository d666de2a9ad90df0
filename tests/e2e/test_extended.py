"""Runs that are extended, cut, killed and moved between executors, against one run of the whole length."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from automl.executors.session import Session
from tests.e2e.kills import kill_at
from tests.e2e.support import Driver, asked, events, run_inline, run_on
from tests.e2e.test_clock import watch_by
from tests.e2e.test_same_winner import SIXTY, check_same, delays

pytestmark = pytest.mark.slow
__all__ = ["delays"]


def test_extended_twice_on_three_executors(sixty: Path, tmp_path: Path, ray_cluster: Session, delays: None) -> None:
    run = tmp_path / "run"
    for executor, trials in (("inline", 9), ("ray", 25), ("local", SIXTY)):
        options = {} if executor == "inline" else {"workers": 2}
        run_on(executor, sixty, run, trials=trials, resume=run.exists(), **options)
        assert len(asked(run)) == trials
    check_same(run, sixty.parent / "whole")
    keys = [event["key"] for event in events(run, "finished")]
    assert len(keys) == len(set(keys)), "nothing is fitted twice"


def test_extended_after_a_cut(sixty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cut no longer counts, and with it no clock: the digest is that of a run that never looked at one."""
    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        watch_by(patch)
        run_inline(sixty, run, time_s=0.3)
    assert json.loads((run / "result.json").read_text())["clock_events"] == 1
    assert len(asked(run)) < SIXTY
    run_inline(sixty, run, trials=SIXTY, resume=True)
    check_same(run, sixty.parent / "whole")


def test_extended_after_a_kill(sixty: Path, tmp_path: Path, drivers: list[Driver]) -> None:
    """The session with the smaller budget died in the middle of it; so does the first one with the larger budget."""
    run, units = tmp_path / "run", len(events(sixty.parent / "whole", "settled"))
    for trials, point in (("20", "at:15"), ("40", "at:60")):
        drivers.append(Driver(run, [str(sixty), "--executor", "inline", "--trials", trials, "--resume"]))
        kill_at(drivers[-1], point, units, random.Random())
    run_inline(sixty, run, trials=SIXTY, resume=True)
    check_same(run, sixty.parent / "whole")
