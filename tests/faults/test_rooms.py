"""Who gets how much memory, and what is not started at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from automl.executors import open_executor
from automl.executors.memory import LEAST, Rooms, limited
from automl.executors.settings import ExecutorSettings
from automl.jobs import Executor, Job, Outcome
from tests.faults.committed import commit
from tests.support.jobs import job

GIB = 2**30


def fit(need: int | None = None, limit: int | None = None) -> Job:
    return replace(job("fit", "good"), need_bytes=need, memory_bytes=limit)


@pytest.fixture
def rooms() -> Rooms:
    """A host with 16 GiB for four fits at once, and one with 4 GiB."""
    made = Rooms()
    made.open("large", 16 * GIB, 4)
    made.open("large", 3 * GIB, 4)  # a worker that started later sees less: others are there already
    made.open("small", 4 * GIB, 1)
    return made


@pytest.mark.parametrize(
    ("need", "limit", "claim"),
    [
        (1000, None, 4 * GIB),  # an even share
        (3 * GIB, None, 6 * GIB),  # twice the forecast
        (9 * GIB, None, 16 * GIB),  # all there is
        (3 * GIB, GIB, GIB),  # what the user says
        (None, 99 * GIB, 16 * GIB),
        (None, None, 4 * GIB),
    ],
)
def test_what_a_fit_is_given(rooms: Rooms, need: int | None, limit: int | None, claim: int) -> None:
    assert rooms.claim("large", fit(need, limit)) == claim


def test_a_fit_is_given_the_least_even_where_less_is_free() -> None:
    crowded = Rooms()
    crowded.open("", GIB, 64)
    assert crowded.take("", fit(1000)) == LEAST
    assert crowded.take("", fit(1000)) == LEAST
    assert crowded.take("", fit(1000)) is None, "fewer run side by side"


def test_large_fits_wait_for_each_other_and_never_for_ever(rooms: Rooms) -> None:
    claim = rooms.take("large", fit(5 * GIB))
    assert claim == 10 * GIB
    assert rooms.take("large", fit(5 * GIB)) is None
    assert rooms.take("large", fit(1000)) == 4 * GIB, "a small one finds its place beside it"
    assert rooms.take("small", fit(3 * GIB)) == 4 * GIB, "another host is another matter"
    rooms.give_back("large", 4 * GIB)
    rooms.give_back("large", claim)
    assert rooms.take("large", fit(None, 99 * GIB)) == 16 * GIB, "alone, everything runs"


def test_limits() -> None:
    assert limited(fit(5), 7).memory_bytes == 7
    assert limited(fit(5, 6), 7).memory_bytes == 6
    assert limited(fit(), 7).memory_bytes is None, "baseline, final fits and replays have no limit"


def test_what_no_host_can_hold_is_not_started(rooms: Rooms) -> None:
    hosts = ["large", "small", "unknown"]
    done = rooms.too_large(fit(17 * GIB), hosts)
    assert done is not None and done.outcome is Outcome.OUT_OF_MEMORY
    assert done.error == "not started: it is predicted to need 17 GiB, more than the 16 GiB there are"
    assert rooms.too_large(fit(16 * GIB), hosts) is None and rooms.too_large(fit(16 * GIB), ["small"]) is not None
    assert rooms.too_large(fit(17 * GIB, GIB), hosts) is None, "a user who gives a limit wants to see it tried"
    assert rooms.holds("large", fit(16 * GIB)) and not rooms.holds("small", fit(16 * GIB))
    assert Rooms().too_large(fit(2**60), hosts) is None, "nothing is known yet"


@pytest.fixture(params=["inline", "local"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    opened = open_executor(request.param, commit, {}, ExecutorSettings(workers=1))
    yield opened
    opened.close()


def test_a_job_that_is_not_started_comes_back_all_the_same(executor: Executor) -> None:
    executor.submit(replace(job("huge", "good", value=1), need_bytes=2**60))
    done = executor.wait()
    assert done is not None and (done.key, done.outcome) == ("huge", Outcome.OUT_OF_MEMORY)
    assert executor.wait() is None
