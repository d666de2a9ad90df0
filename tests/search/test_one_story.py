"""One story, whatever happens to the driver and wherever its fits end: as a property of the loop, in this process.

Sessions of one run with other budgets, other numbers of workers and other orders of arrival are killed anywhere (only
what was on the disk in that moment stays), and of that the file system loses the end, down to any byte. What is asked
here hangs on every score that is settled, and on their number: more than what TPE would ask does.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.jobs import Done, Job, Outcome
from automl.params import Choice, Int, Param, ParamValue
from automl.plan import Plan, Rung
from automl.report.history import trials_of
from automl.rows import Split
from automl.search.ask import Proposal
from automl.search.budget import Deadline, SearchSettings
from automl.search.history import History
from automl.search.ledger import ledger_exists, read_ledger
from automl.search.virtual import Unit, VirtualTime
from automl.value import canonical_json
from tests.support.plans import CANDIDATES, tiny_plan
from tests.support.search import FakeExecutor, Story, search

SAMPLE = Split(kind="random", share=0.3, seed=4)
RUNGS = (Rung(folds=(0,), fit=SAMPLE, share=0.2), Rung(folds=(0,)), Rung(folds=(1, 2)))
PLAN = tiny_plan((*CANDIDATES[:3], CANDIDATES[3].model_copy(update={"first_rung": 1})), rungs=RUNGS)
TRIALS = 40
FEW = 5  # of a ledger that is cut at every byte


class KilledError(BaseException):
    """kill -9, as far as this process can do it to itself."""


@dataclass(frozen=True)
class Session:
    """What is told to one session, and what becomes of it. `lost`: the share of the ledger that the disk loses."""

    trials: int = TRIALS
    workers: int = 1
    order: int = 0
    calls: int | None = None  # of the executor, until the driver dies
    seconds: int | None = None  # until the clock cuts it; every fit takes one
    lost: float = 0.0


class Chaos(FakeExecutor):
    """Ends one of the first `workers` jobs in the queue, whichever; kills its driver after so many calls."""

    def __init__(self, session: Session, path: Path) -> None:
        super().__init__(context={"share_failing": 0.1})
        self.now = 0.0
        self.on_disk = b""
        self._session, self._path = session, path
        self._dice = random.Random(session.order)
        self._calls = 0

    def submit(self, job: Job) -> None:
        self._call()
        super().submit(job)

    def wait(self, timeout_s: float | None = None) -> Done | None:
        self._call()
        if timeout_s is not None and timeout_s < 1.0:
            self.now += timeout_s
            return None
        self.now += 1.0
        if not self._queue:
            return None
        place = self._dice.randrange(min(self._session.workers, len(self._queue)))
        job = self._queue[place]
        del self._queue[place]
        return self.end(job)

    def end(self, job: Job) -> Done:
        """Some end as a deadline, a memory limit or a dying worker would end them, the same ones in every order."""
        fate = int(job.key[-2:], 16)
        fates: list[dict[str, Any]] = [
            {"outcome": Outcome.TIMEOUT},
            {"outcome": Outcome.OUT_OF_MEMORY},
            {"outcome": Outcome.FAILED, "crashed": True, "retried": 1},
        ]
        if job.candidate != "constant" and fate < 12 * len(fates):
            return Done(job.key, **fates[fate // 12])
        return super().end(job)

    def _call(self) -> None:
        self._calls += 1
        if self._calls == self._session.calls:
            self.on_disk = self._path.read_bytes()
            raise KilledError


def ask_everything(plan: Plan, number: int, history: History) -> Proposal:
    """A candidate and parameters out of all that is known: one score more, or another one, and all is different."""
    if number < len(plan.candidates):
        return Proposal(plan.candidates[number], plan.candidates[number].defaults)
    known = [[(one.number, one.score) for one in history.of(found.id).lessons.taken] for found in plan.candidates]
    dice = random.Random(canonical_json([number, known]))
    candidate = dice.choice(plan.candidates[1:])
    return Proposal(candidate, {name: _draw(param, dice) for name, param in sorted(candidate.space.items())})


def _draw(param: Param, dice: random.Random) -> ParamValue:
    if isinstance(param, Choice):
        return dice.choice(param.options)
    return dice.randint(param.low, param.high) if isinstance(param, Int) else dice.uniform(param.low, param.high)


def play(path: Path, session: Session, **more: Any) -> Story | None:
    """One session of the run at `path`. None where it was killed: there is then what the disk kept."""
    executor = Chaos(session, path)
    deadline = None if session.seconds is None else Deadline(lambda: executor.now, float(session.seconds))
    told = SearchSettings(trials=session.trials, deadline=deadline, extend=ledger_exists(path), **more)
    try:
        story: Story | None = search(PLAN, path, told, executor)[1]
        content = path.read_bytes()
    except KilledError:
        story, content = None, executor.on_disk
    if session.lost:
        header = content.index(b"\n") + 1
        path.write_bytes(content[: len(content) - int(session.lost * (len(content) - header))])
    elif story is None:
        path.write_bytes(content)
    return story


def lines(path: Path, trials: int) -> list[list[str]]:
    """What is asked, and what is settled with that budget, each in the order of the file."""
    found = [event for event in read_ledger(path).events if event.get("trials", trials) == trials]
    return [[canonical_json(event) for event in found if event["event"] == kind] for kind in ("asked", "settled")]


def outcomes(path: Path) -> list[tuple[int, str, float | None]]:
    """What the leaderboard says of each trial."""
    return [(row.number, row.outcome, row.score) for row in trials_of(read_ledger(path).events)]


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Another way to ask, and a disk that nobody waits for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("automl.search.loop.ask", ask_everything)
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, quick: None) -> tuple[Story, Path]:
    """The unbroken run."""
    path = tmp_path_factory.mktemp("whole") / "ledger"
    story = play(path, Session())
    assert story is not None
    assert len(story.decisions) > 1, "some fits end as the machine says"
    return story, path


def sessions() -> st.SearchStrategy[list[Session]]:
    one = st.builds(
        Session,
        trials=st.integers(1, TRIALS),
        workers=st.integers(1, 8),
        order=st.integers(0, 2**32),
        calls=st.none() | st.integers(1, 2 * TRIALS),
        seconds=st.none() | st.integers(0, TRIALS),
        lost=st.just(0.0) | st.floats(0.0, 1.0),
    )
    return st.lists(one, min_size=1, max_size=4)


@given(before=sessions(), workers=st.integers(1, 8), order=st.integers(0, 2**32))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sessions_of_any_kind_tell_one_story(
    before: list[Session], workers: int, order: int, tmp_path: Path, whole: tuple[Story, Path]
) -> None:
    path = tmp_path / "ledger"
    path.unlink(missing_ok=True)
    for session in before:
        play(path, session)
    assert play(path, Session(workers=workers, order=order)) == whole[0]
    assert lines(path, TRIALS) == lines(whole[1], TRIALS)
    keys = [event["key"] for event in read_ledger(path).events if event["event"] == "finished"]
    assert len(keys) == len(set(keys)), "a result was written twice"
    assert outcomes(path) == outcomes(whole[1])


@pytest.mark.slow
def test_a_ledger_cut_at_every_byte(tmp_path: Path) -> None:
    """Not only between lines: a torn line of any length is what the disk may keep."""
    first, path = tmp_path / "first", tmp_path / "ledger"
    story = play(first, Session(trials=FEW, workers=3, order=1))
    content = first.read_bytes()
    for end in range(content.index(b"\n") + 1, len(content) + 1):
        path.write_bytes(content[:end])
        assert play(path, Session(trials=FEW, workers=2, order=end)) == story, f"cut after {end} bytes"
        assert lines(path, FEW) == lines(first, FEW)


@pytest.mark.slow
def test_a_driver_that_dies_at_every_call(tmp_path: Path) -> None:
    """Between any two calls of the executor, in the first session and again in the second."""
    first = tmp_path / "first"
    story = play(first, Session(trials=FEW))
    calls = 0
    while True:
        calls += 1
        path = tmp_path / str(calls)
        ended = play(path, Session(trials=FEW, workers=3, order=calls, calls=calls))
        play(path, Session(trials=FEW, workers=2, order=calls, calls=calls))
        assert play(path, Session(trials=FEW, workers=4, order=-calls)) == story
        assert lines(path, FEW) == lines(first, FEW)
        if ended is not None:
            break
    assert calls > 2 * FEW


class RealTime(VirtualTime):
    """Deliberately wrong: units take the time that they take, not the one that the plan predicts."""

    dice = random.Random()

    def place(self, unit: Unit, cost: float) -> float:
        return super().place(unit, cost * self.dice.lognormvariate(0.0, 0.5))


def test_a_search_that_follows_the_real_order_would_be_found(tmp_path: Path, whole: tuple[Story, Path]) -> None:
    """The comparison can fail: told in order of arrival, no two runs are alike."""
    RealTime.dice = random.Random(1)
    for name in ("one", "two"):
        told = play(tmp_path / name, Session(), virtual_time=RealTime)
        assert told is not None
        assert told != whole[0]
        assert told.asked != whole[0].asked
    assert lines(tmp_path / "one", TRIALS) != lines(tmp_path / "two", TRIALS)
