"""Time: a cut is a decision of the ledger, replayed without a clock; what needs no clock reads none."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from automl.errors import AutomlError
from automl.jobs import Done, Job
from automl.search.budget import Deadline, SearchSettings
from automl.search.decisions import Decision, chosen, read_decisions, without_interval
from automl.search.events import AtHand, Cut, Finished
from automl.search.ledger import Ledger, read_ledger
from tests.support.plans import CANDIDATES, tiny_plan
from tests.support.search import FakeExecutor, Story, search

PLAN = tiny_plan()
SIXTY = SearchSettings(trials=60)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class TimedExecutor(FakeExecutor):
    """Every job takes one second of the test's clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout_s: float | None = None) -> Done | None:
        if timeout_s is not None and timeout_s < 1.0:
            self.clock.now += timeout_s
            return None
        self.clock.now += 1.0
        return super().wait(timeout_s)


def cut_run(path: Path, seconds: float, extend: bool = False) -> tuple[Any, Story, list[Any]]:
    clock = Clock()
    settings = SearchSettings(deadline=Deadline(clock, seconds), extend=extend)
    return search(PLAN, path, settings, TimedExecutor(clock))


def test_a_cut_is_recorded_and_replayed_without_a_clock(tmp_path: Path) -> None:
    result, _, events = cut_run(tmp_path / "cut", 40.5)
    assert result.decisions == (Decision(kind="cut", settled=result.settled_units),)
    assert result.clock_events == 1
    assert 30 < result.settled_units <= 40
    assert events[-1] == Cut(result.settled_units)
    assert [e for e in read_ledger(tmp_path / "cut").events if e["event"] == "decision"] == [
        {"event": "decision", "kind": "cut", "settled": result.settled_units}
    ]
    replay = read_decisions([decision.as_json() for decision in result.decisions])
    again, _, _ = search(PLAN, tmp_path / "replay", SearchSettings(replay=replay), FakeExecutor(newest_first=True))
    assert (again.trials, again.best, again.decisions) == (result.trials, result.best, result.decisions)


class StuckExecutor(TimedExecutor):
    """Never ends the job that was submitted as number `stuck`."""

    def __init__(self, clock: Clock, stuck: int) -> None:
        super().__init__(clock)
        self.left = stuck
        self.stuck: str | None = None  # its key

    def submit(self, job: Job) -> None:
        self.left -= 1
        if self.left != 0:
            super().submit(job)
        else:
            self.stuck = job.key

    def wait(self, timeout_s: float | None = None) -> Done | None:
        done = super().wait(timeout_s)
        if done is None and timeout_s is not None:
            self.clock.now += timeout_s
        return done


def test_a_cut_takes_along_the_trials_whose_fits_had_ended(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    """One unit is under way for ever: what other trials come to meanwhile is not lost."""
    late = 0
    for stuck in range(5, 40, 5):
        clock, path = Clock(), tmp_path / str(stuck)
        executor = StuckExecutor(clock, stuck)
        settings = SearchSettings(deadline=Deadline(clock, 60.0))
        result, _, events = search(PLAN, path, settings, executor)
        (cut,) = result.decisions
        late += len(cut.late or ())
        assert result.settled_units == cut.settled
        ended = Counter(event.unit.trial for event in events if isinstance(event, Finished))
        whole = {trial for trial, units in ended.items() if units == PLAN.rows.fold_count}
        assert whole == {trial.number for trial in result.trials}, "all that was fitted counts"
        assert whole >= {event.trial.number for event in events if isinstance(event, AtHand)} >= set(cut.late or ())
        replay = read_decisions([decision.as_json() for decision in result.decisions])
        again, _, _ = search(PLAN, tmp_path / f"{stuck}-replay", SearchSettings(replay=replay), FakeExecutor())
        kept, _, _ = search(PLAN, path, settings, TimedExecutor(clock))
        for other in (again, kept):
            assert (other.trials, other.best, other.decisions) == (result.trials, result.best, result.decisions)
        assert search(PLAN, path, SearchSettings(trials=60, extend=True))[1] == reference[0]
    assert late > 0


class TestWhereTheCutIsKnown:
    """A replay, or a resumed run: fits that nobody waited for then are not waited for now."""

    @pytest.mark.parametrize(("workers", "number"), [(1, 5), (1, 15), (1, 25), (3, 15)])
    def test_a_fit_that_never_ends_is_not_come_across(self, workers: int, number: int, tmp_path: Path) -> None:
        clock = Clock()
        stuck, path = StuckExecutor(clock, number), tmp_path / "cut"
        result, _, _ = search(PLAN, path, SearchSettings(deadline=Deadline(clock, 60.0)), stuck)
        assert stuck.stuck is not None
        executor = InOrder(workers, stuck.stuck)
        replay = read_decisions([decision.as_json() for decision in result.decisions])
        again, _, _ = search(PLAN, tmp_path / "replay", SearchSettings(replay=replay), executor)
        assert (again.trials, again.best, again.decisions) == (result.trials, result.best, result.decisions)
        assert executor.most == workers, "all workers have something to do"
        resumed, settings = InOrder(workers, stuck.stuck), SearchSettings(deadline=Deadline(clock, 1e9))
        assert search(PLAN, path, settings, resumed)[0].trials == result.trials
        assert resumed.ran == [], "all that counts is there"

    def test_nothing_is_fitted_that_does_not_count(self, tmp_path: Path) -> None:
        result, _, _ = cut_run(tmp_path / "cut", 40.5)
        executor = FakeExecutor()
        replay = read_decisions([decision.as_json() for decision in result.decisions])
        search(PLAN, tmp_path / "replay", SearchSettings(replay=replay), executor)
        assert len(executor.ran) == result.settled_units


class InOrder(FakeExecutor):
    """So many workers, each at one job: that of the key `stuck` never ends."""

    def __init__(self, workers: int, stuck: str) -> None:
        super().__init__()
        self.workers = workers
        self.most = 0
        self._stuck = stuck

    def finish_one(self) -> Done | None:
        at = list(self._queue)[: self.workers]
        self.most = max(self.most, len(at))
        job = next((job for job in at if job.key != self._stuck), None)
        assert job is not None, "all workers are at fits that never end"
        self._queue.remove(job)
        self.ran.append(job)
        return self.end(job)


def test_the_baseline_is_waited_for(tmp_path: Path) -> None:
    result, _, _ = cut_run(tmp_path / "cut", 0.0)
    assert [trial.number for trial in result.trials] == [0]
    assert result.decisions == (Decision(kind="cut", settled=3),)


def test_a_cut_holds_until_the_run_is_extended(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    path = tmp_path / "ledger"
    first, _, _ = cut_run(path, 40.5)
    content = path.read_bytes()
    kept, _, _ = cut_run(path, 1000.0)
    assert (kept.trials, kept.decisions) == (first.trials, first.decisions)
    assert path.read_bytes() == content
    second, _, _ = cut_run(path, 30.5, extend=True)
    assert second.settled_units > first.settled_units
    assert second.trials[: len(first.trials)] != ()
    third, _, _ = cut_run(path, 0.0)
    assert (third.trials, third.decisions) == (second.trials, second.decisions)
    assert search(PLAN, path, SearchSettings(trials=60, extend=True))[1] == reference[0]


def test_what_was_chosen_holds_until_the_run_is_extended(tmp_path: Path) -> None:
    """The driver died after it had chosen: the next session takes the same winner."""
    path = tmp_path / "ledger"
    cut_run(path, 40.5)
    ledger = Ledger.open(path)
    for said in (Decision(kind="chosen", trial=2), Decision(kind="no_interval")):
        ledger.note("decision", said.as_json())
    ledger.close()
    content = path.read_bytes()
    again = cut_run(path, 1000.0)[0].decisions
    assert chosen(again) == 2 and without_interval(again)
    assert path.read_bytes() == content
    more, _, _ = cut_run(path, 30.5, extend=True)
    assert chosen(more.decisions) is None and not without_interval(more.decisions)
    assert chosen(cut_run(path, 0.0)[0].decisions) is None
    assert [e["kind"] for e in read_ledger(path).events if e["event"] == "decision"] == [
        *("cut", "chosen", "no_interval", "extended", "cut")
    ]


def test_a_deadline_that_is_not_reached_changes_nothing(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    clock = Clock()
    settings = SearchSettings(trials=60, deadline=Deadline(clock, 1e9))
    assert search(PLAN, tmp_path / "ledger", settings, TimedExecutor(clock))[1] == reference[0]


def test_known_results_are_settled_however_late_it_is(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(reference[1])
    settings = SearchSettings(trials=60, deadline=Deadline(Clock(), 0.0))
    assert search(PLAN, path, settings)[1] == reference[0]


def test_a_budget_in_trials_reads_no_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("monotonic", "time", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: pytest.fail("read a clock"))
    executor = FakeExecutor()
    result, _, _ = search(tiny_plan(CANDIDATES[:1]), tmp_path / "ledger", SearchSettings(trials=5), executor)
    assert result.asked == 1, "nothing is left to try after the baseline"


@pytest.mark.parametrize(("wrong", "code"), [({}, "SEA002"), ({"trials": 0}, "SEA001"), ({"replay": ()}, "SEA002")])
def test_a_search_without_end_or_without_trials(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(AutomlError, match=code):
        SearchSettings(**wrong)


def test_decisions_that_cannot_be_read_are_all_named() -> None:
    with pytest.raises(AutomlError, match=r"SEA003.*1, 2, 3"):
        read_decisions(
            [{"kind": "cut", "settled": 1}, {"kind": "no"}, {"kind": "cut"}, {"kind": "timeout", "trial": 1}]
        )
