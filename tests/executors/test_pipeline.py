"""Short jobs share calls to a Ray worker, and wait there: what that must not change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automl.executors.cluster import RaySlot
from automl.executors.nodes import Node
from automl.executors.pipeline import CALL_JOBS, CALL_S, Pace, Sent
from automl.executors.slots import Try
from automl.jobs import Done, Job, Outcome
from tests.support.jobs import job

Run = Callable[..., list[Done]]


@pytest.fixture
def do(on_ray: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give it jobs while it knows of their kind that it is short, so that they share calls."""

    def all_of(*jobs: Job) -> list[Done]:
        for i in range(6):
            on_ray.submit(job(f"warm{i}", "echo", value=i))
        assert len(list(iter(on_ray.wait, None))) == 6
        sizes: list[int] = []
        send = on_ray._send
        monkeypatch.setattr(on_ray, "_send", lambda slot, works: sizes.append(len(works)) or send(slot, works))
        for one in jobs:
            on_ray.submit(one)
        found = list(iter(on_ray.wait, None))
        assert max(sizes) > 1, "no call was shared: the test tests nothing"
        return found

    return all_of


def test_many_short_jobs_come_back_once_each(do: Run) -> None:
    found = do(*(job(f"k{i}", "echo", value=i) for i in range(200)))
    assert sorted((done.key, done.value) for done in found) == sorted((f"k{i}", i) for i in range(200))
    assert {(done.outcome, done.retried) for done in found} == {(Outcome.OK, 0)}


@pytest.mark.slow
def test_a_crash_among_short_jobs_loses_nothing_and_blames_one(do: Run) -> None:
    jobs = [job(f"k{i}", "segfault" if i == 17 else "echo", value=i) for i in range(40)]
    found = {done.key: done for done in do(*jobs)}
    assert len(found) == 40
    assert found["k17"].outcome is Outcome.FAILED and found["k17"].crashed
    others = [done for key, done in found.items() if key != "k17"]
    assert all(done.outcome is Outcome.OK and done.retried <= 1 for done in others)
    assert sum(done.retried for done in others) <= CALL_JOBS, "what had not begun counts as begun"


@pytest.mark.slow
def test_a_hang_among_short_jobs_times_out_alone(do: Run) -> None:
    jobs = [job(f"k{i}", "spin" if i == 9 else "echo", value=i, timeout_s=0.5) for i in range(24)]
    jobs[::8] = [replace(one, timeout_s=None) for one in jobs[::8]]  # the baseline has no limit
    found = {done.key: done for done in do(*jobs)}
    assert found["k9"].outcome is Outcome.TIMEOUT
    assert found["k9"].wall_s >= 0.45, "its time counts from its own start"
    assert {done.outcome for key, done in found.items() if key != "k9"} == {Outcome.OK}
    assert len(found) == 24


def test_what_raises_among_short_jobs_fails_alone(do: Run, tmp_path: Path) -> None:
    jobs = [job(f"k{i}", "lock" if i % 5 == 0 else "echo", value=i) for i in range(30)]
    found = {done.key: done.outcome for done in do(*jobs)}
    assert {key for key, outcome in found.items() if outcome is Outcome.FAILED} == {f"k{i}" for i in range(0, 30, 5)}


@pytest.mark.slow
def test_drop_forgets_what_waits_at_the_workers(on_ray: Any, do: Run) -> None:
    do(*(job(f"a{i}", "echo", value=i) for i in range(10)))
    for i in range(50):
        on_ray.submit(job(f"b{i}", "sleep", seconds=0.02))
    assert on_ray.wait() is not None
    on_ray.drop()
    assert on_ray.wait(0.0) is None
    on_ray.submit(job("c", "echo", value=1))
    assert [done.key for done in iter(on_ray.wait, None)] == ["c"]


def test_only_what_is_known_to_be_short_joins_a_call() -> None:
    pace = Pace()
    short, alone = Try(job("a", "echo")), Try(job("a", "echo"), alone=True)
    assert not pace.room_for(short, 0.0), "nothing is known of its kind"
    pace.note(short.job, Done("a", Outcome.OK, wall_s=0.4 * CALL_S))
    assert pace.room_for(short, 0.6 * CALL_S)
    assert not pace.room_for(short, 0.7 * CALL_S)
    assert not pace.room_for(alone, 0.0)
    assert not pace.room_for(Try(job("a", "echo", timeout_s=0.7 * CALL_S)), 0.0), "far too near to its deadline"
    pace.note(short.job, Done("a", Outcome.OK, wall_s=2 * CALL_S))
    assert not pace.room_for(short, 0.0), "one of the last few was long"


def test_what_the_plan_expects_counts_until_more_is_known() -> None:
    pace = Pace()
    small, large = (Try(replace(job("a", "echo"), expected_s=seconds)) for seconds in (0.1 * CALL_S, CALL_S))
    assert pace.room_for(small, 0.0) and not pace.room_for(large, 0.0)
    pace.note(large.job, Done("a", Outcome.OK, wall_s=0.5 * CALL_S))
    assert pace.room_for(large, 0.0), "half of what the plan expects, so far"
    pace.note(small.job, Done("a", Outcome.OK, wall_s=2 * CALL_S))
    assert not pace.room_for(small, 0.0)
    assert not pace.room_for(Try(replace(small.job, keep=True)), 0.0), "whole models come back alone"


def test_the_shortest_limit_ends_a_call() -> None:
    """All of its jobs are answered together: one without a limit may be waited for in vain."""
    slot = RaySlot(reference="r1", work=Try(job("a", "echo")), call=1, actor=None, node=Node("n", "n", 1, "n"))
    assert slot.deadline is None
    slot.ahead.append(Sent(Try(job("b", "echo", timeout_s=3.0)), "r2", 2))
    assert slot.deadline is None, "the next call has not begun"
    for key, limit in (("c", 9.0), ("d", 7.0)):
        slot.ahead.appendleft(Sent(Try(job(key, "echo", timeout_s=limit)), key, 1))
    assert slot.deadline == slot.began + 7.0


def test_what_is_taken_back_counts_as_begun_in_the_call_under_way_only() -> None:
    node = Node("n", "n", 1, "n")
    slot = RaySlot(reference="r1", work=Try(job("a", "echo")), call=1, actor=None, node=node)
    slot.ahead.extend([Sent(Try(job("b", "echo")), "r2", 1), Sent(Try(job("c", "echo")), "r3", 2)])
    assert slot.full
    back = slot.take_back()
    assert [(one.job.key, one.shared, one.deaths + one.losses, one.alone) for one in back] == [
        ("a", 1, 0, True),
        ("b", 1, 0, True),
        ("c", 0, 0, False),
    ]
    assert not slot.ahead
