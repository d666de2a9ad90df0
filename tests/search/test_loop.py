"""The loop: one story whatever the machine does, and a ledger from which it can be continued anywhere."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.errors import AutomlError
from automl.executors.inline import InlineExecutor
from automl.executors.session import Session
from automl.jobs import Done, Job, Outcome, Scores
from automl.search.budget import Deadline, SearchSettings
from automl.search.decisions import Decision, read_decisions
from automl.search.events import BestChanged, Cut, Event, Finished, Retried, SearchResult
from automl.search.keys import job_key
from automl.search.ledger import read_ledger
from automl.search.virtual import VirtualTime
from tests.support.plans import CANDIDATES, fake_fit, fake_score, tiny_candidate, tiny_plan
from tests.support.search import ArrivalTime, FakeExecutor, Story, search

PLAN = tiny_plan()
SIXTY = SearchSettings(trials=60)
Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[SearchResult, Story, list[Event], bytes]:
    """60 trials without interruption, with their ledger."""
    path = tmp_path_factory.mktemp("reference") / "ledger.jsonl"
    return *search(PLAN, path, SIXTY), path.read_bytes()


@pytest.fixture(scope="module")
def reference(unbroken: tuple[SearchResult, Story, list[Event], bytes]) -> tuple[Story, bytes]:
    """What every other way to the same 60 trials is compared with."""
    return unbroken[1], unbroken[3]


def test_the_search_learns_and_tells(unbroken: tuple[SearchResult, Story, list[Event], bytes]) -> None:
    result, _, events, _ = unbroken
    assert sorted(trial.number for trial in (*result.trials, *result.unscored)) == list(range(60))
    assert result.asked == 60
    ok, pruned = result.outcomes["ok"], result.outcomes["pruned"]
    assert ok + pruned == 60
    assert 15 < ok < 45, "about a third goes on, more while the search learns"
    assert result.settled_units == 3 * ok + pruned
    assert sum(result.outcomes.values()) == 60
    assert result.clock_events == 0
    best = result.best
    assert best is not None
    assert best.score == max(trial.score for trial in result.trials)
    assert best.score > max(trial.score for trial in result.trials[:4]), "defaults must be beaten"
    bests = [event.trial.score for event in events if isinstance(event, BestChanged)]
    assert bests == sorted(bests)
    assert bests[-1] == best.score
    assert sum(isinstance(event, Finished) for event in events) == result.settled_units
    assert result.busy_s == result.busy_all_s > 0


def test_the_baseline_is_settled_first(reference: tuple[Story, bytes]) -> None:
    first: Any = reference[0].settled[0]
    assert first[0][0] == 0
    assert first[1] == 3


def test_the_order_of_arrival_changes_nothing(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    _, told, _ = search(PLAN, tmp_path / "ledger", SIXTY, FakeExecutor(newest_first=True))
    assert told == reference[0]


@pytest.mark.parametrize(
    "workers", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(4, marks=pytest.mark.slow)]
)
def test_ray_with_any_number_of_workers_tells_the_same(
    tmp_path: Path, workers: int, ray_cluster: Session, reference: tuple[Story, bytes]
) -> None:
    from automl.executors.ray_tasks import RayExecutor

    session = Session(workers, 1, started=False)
    executor = RayExecutor(fake_fit, {"delay": 0.02}, session)
    try:
        _, told, _ = search(PLAN, tmp_path / "ledger", SIXTY, executor)
    finally:
        executor.close()
    assert told == reference[0]


def test_settling_in_order_of_arrival_would_be_found(tmp_path: Path) -> None:
    """The comparison of these tests can fail: with a wrong clock, two orders of arrival give two stories."""
    told = []
    for newest_first in (False, True):
        executor = FakeExecutor(newest_first=newest_first)

        def broken(slots: int, executor: FakeExecutor = executor) -> VirtualTime:
            clock = ArrivalTime(slots)
            clock.executor = executor
            return clock

        settings = SearchSettings(trials=30, virtual_time=broken)
        told.append(search(PLAN, tmp_path / str(newest_first), settings, executor)[1])
    assert told[0] != told[1]
    assert told[0].asked != told[1].asked
    assert told[0].best != told[1].best


def test_seed_and_parallelism_are_part_of_the_answer(tmp_path: Path) -> None:
    plans = {"one": PLAN, "seed": tiny_plan(seed=1), "slots": tiny_plan(parallelism=7)}
    one, seed, slots = (search(plan, tmp_path / name, SearchSettings(trials=16))[1] for name, plan in plans.items())
    assert one != seed
    assert one != slots


# -- resuming ------------------------------------------------------------------------------------------------------

SHARES = [0.37, 0.77, 1.0, *(pytest.param(share, marks=pytest.mark.slow) for share in (0.0, 0.02, 0.2, 0.5, 0.99))]


@pytest.mark.parametrize("share", SHARES)
def test_any_beginning_of_a_ledger_is_continued_to_the_same_end(
    tmp_path: Path, share: float, reference: tuple[Story, bytes]
) -> None:
    told, content = reference
    path = tmp_path / "ledger"
    header = content.index(b"\n") + 1
    path.write_bytes(content[: header + int(share * (len(content) - header))])
    executor = FakeExecutor()
    assert search(PLAN, path, SIXTY, executor)[1] == told
    events = read_ledger(path).events
    lines = [(e["event"], e.get("trial"), e.get("fold"), e.get("key")) for e in events]
    assert len(lines) == len(set(lines)), "a line was written twice"
    assert len(lines) == len(content.splitlines()) - 1
    if share == 1.0:
        assert executor.ran == []
        assert path.read_bytes() == content


def test_an_extended_run_is_one_long_run(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    path = tmp_path / "ledger"
    before = [search(PLAN, path, SearchSettings(trials=trials))[0].settled_units for trials in (1, 7, 23)]
    executor = FakeExecutor()
    whole, story, _ = search(PLAN, path, SearchSettings(trials=60, extend=True), executor)
    assert story == reference[0]
    assert len(executor.ran) <= whole.settled_units - before[-1]


def test_asked_parameters_in_the_ledger_are_trusted(
    tmp_path: Path, reference: tuple[Story, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(reference[1])
    monkeypatch.setattr("automl.search.loop.ask", lambda *_: pytest.fail("asked again"))
    assert search(PLAN, path, SIXTY)[1] == reference[0]


def test_a_ledger_of_another_plan_is_refused(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(reference[1])
    with pytest.raises(AutomlError, match="LED004"):
        search(tiny_plan(seed=1), path, SIXTY)


def test_the_budget_is_no_part_of_the_plan_that_a_ledger_knows(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    search(tiny_plan(trials=3), path, SearchSettings(trials=3))
    search(tiny_plan(trials=5), path, SearchSettings(trials=5, extend=True))


def test_interrupted_by_the_user(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    count = itertools.count()

    def fit(context: Any, job: Job) -> Scores:
        if next(count) == 50:
            raise KeyboardInterrupt
        return fake_fit(context, job)

    with pytest.raises(KeyboardInterrupt):
        search(PLAN, tmp_path / "ledger", SIXTY, InlineExecutor(fit, {}))
    assert 0 < len(read_ledger(tmp_path / "ledger").events) < 300
    assert search(PLAN, tmp_path / "ledger", SIXTY)[1] == reference[0]


_DRIVER = """
import sys, pathlib
from tests.support.plans import tiny_plan, fake_fit
from tests.support.search import search
from automl.executors.inline import InlineExecutor
from automl.search.budget import SearchSettings
search(tiny_plan(), pathlib.Path(sys.argv[1]), SearchSettings(trials=60), InlineExecutor(fake_fit, {"delay": 0.01}))
"""


def test_kill_nine_and_resume(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    path = tmp_path / "ledger"
    for lines in (8, 250):
        driver = subprocess.Popen([sys.executable, "-c", _DRIVER, str(path)], cwd=Path(__file__).parents[2])
        until = time.monotonic() + 30.0
        while driver.poll() is None and time.monotonic() < until:
            if path.exists() and path.read_bytes().count(b"\n") >= lines:
                break
            time.sleep(0.002)
        assert driver.poll() is None, "the driver must die in the middle"
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        assert len(read_ledger(path).events) < 470
    assert search(PLAN, path, SIXTY)[1] == reference[0]


# -- time ----------------------------------------------------------------------------------------------------------


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


# -- failures ------------------------------------------------------------------------------------------------------


def test_all_trials_failing_but_the_baseline(tmp_path: Path) -> None:
    executor = FakeExecutor(context={"fails": ("forest", "boosting", "linear")})
    result, _, _ = search(PLAN, tmp_path / "ledger", SearchSettings(trials=20), executor)
    assert result.best is not None
    assert (result.best.number, result.outcomes["ok"], result.outcomes["failed"]) == (0, 1, 19)
    assert {trial.error for trial in result.unscored} == {"no such luck"}
    assert len(executor.ran) < 60, "the folds that are left of a failed trial are not run"
    assert result.clock_events == 0


def test_some_failing_is_the_same_story_in_any_order(tmp_path: Path) -> None:
    told = []
    for newest_first in (False, True):
        executor = FakeExecutor(context={"share_failing": 0.3}, newest_first=newest_first)
        result, one, _ = search(PLAN, tmp_path / str(newest_first), SIXTY, executor)
        told.append(one)
        assert result.outcomes["failed"] > 5
        assert result.outcomes["ok"] > 10
        assert result.outcomes["pruned"] > 10
    assert told[0] == told[1]


class UnluckyExecutor(FakeExecutor):
    """Ends the first unit of some trials as a clock, a memory limit or a dying worker would."""

    def end(self, job: Job) -> Done:
        index = [one.key for one in self.ran].index(job.key)
        ends: dict[int, dict[str, Any]] = {
            9: {"outcome": Outcome.TIMEOUT},
            12: {"outcome": Outcome.OUT_OF_MEMORY},
            25: {"outcome": Outcome.FAILED, "crashed": True, "retried": 1},
        }
        return Done(job.key, **ends[index]) if index in ends else super().end(job)


def test_what_depends_on_the_machine_is_a_decision_and_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "first"
    plan = tiny_plan(timeout_s=7.0, memory_bytes=1000)
    result, told, events = search(plan, path, SIXTY, UnluckyExecutor())
    assert sorted(decision.kind for decision in result.decisions) == ["crashed", "out_of_memory", "timeout"]
    assert result.clock_events == 3
    assert result.retried == 1
    assert sum(isinstance(event, Retried) for event in events) == 1
    assert (result.outcomes["timeout"], result.outcomes["out_of_memory"], result.outcomes["failed"]) == (1, 1, 1)
    kinds = [event["event"] for event in read_ledger(path).events]
    assert (kinds.count("decision"), kinds.count("retried")) == (3, 1)
    assert search(plan, path, SIXTY)[1] == told, "resumed with nothing to do"
    executor = FakeExecutor()
    settings = SearchSettings(trials=60, replay=result.decisions)
    again, replayed, _ = search(plan, tmp_path / "replay", settings, executor)
    assert replayed == told
    assert again.unscored[0].outcome == result.unscored[0].outcome
    assert all(job.timeout_s is None and job.memory_bytes is None for job in executor.ran)
    assert len(executor.ran) == len([e for e in events if isinstance(e, Finished)]) - 3


def test_limits_go_with_every_job_but_the_baseline(tmp_path: Path) -> None:
    executor = FakeExecutor()
    plan = tiny_plan(timeout_s=7.0, memory_bytes=1000)
    search(plan, tmp_path / "ledger", SearchSettings(trials=5), executor)
    limits = {job.candidate == "constant": (job.timeout_s, job.memory_bytes) for job in executor.ran}
    assert limits == {True: (None, None), False: (7.0, 1000)}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "text"])
def test_a_score_that_is_none_fails_the_trial(tmp_path: Path, value: Any) -> None:
    def fit(_context: Any, job: Job) -> object:
        scored = fake_score(job) if job.candidate == "constant" else value
        return Scores(scored) if isinstance(scored, float) else scored

    path = tmp_path / "ledger"
    result, told, _ = search(PLAN, path, SearchSettings(trials=6), InlineExecutor(fit, {}))
    assert result.outcomes["failed"] == 5
    assert search(PLAN, path, SearchSettings(trials=6), FakeExecutor())[1] == told


def test_an_executor_that_loses_a_job_is_a_bug_and_not_a_hang(tmp_path: Path) -> None:
    executor = FakeExecutor()
    executor.submit = lambda job: None  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="lost"):
        search(PLAN, tmp_path / "ledger", SearchSettings(trials=3), executor)


# -- scores, keys, memory ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("metric", "rounds", "score"), [("roc_auc", 20, 0.8), ("log_loss", 10, 0.6)])
def test_rounds_come_from_the_mean_curve_over_common_rounds(
    tmp_path: Path, metric: str, rounds: int, score: float
) -> None:
    def fit(_context: Any, job: Job) -> Scores:
        assert job.score_rows is not None
        fold = job.score_rows.path[-1].index
        shift = (fold - 1) * 0.1
        path = [(10, 0.6 + shift), (20, 0.8 + shift), (30, 0.8 + shift), (40 + fold, 5.0 * (-1) ** fold)]
        return Scores(0.7, tuple(path))

    plan = tiny_plan((*CANDIDATES[:1], tiny_candidate("forest")), metric=metric)
    result, _, _ = search(plan, tmp_path / "ledger", SearchSettings(trials=2), InlineExecutor(fit, {}))
    trial = result.trials[1]
    assert trial.rounds == rounds
    assert trial.score == pytest.approx(score)
    assert trial.folds == pytest.approx([score - 0.1, score, score + 0.1])


def test_ties_go_to_the_earlier_trial(tmp_path: Path) -> None:
    """Also where the later one is settled first."""
    executor = InlineExecutor(lambda _context, job: Scores(0.1 if job.candidate == "constant" else 0.5), {})
    plan = tiny_plan((CANDIDATES[0], tiny_candidate("slow", 100.0), tiny_candidate("quick", 0.1)), parallelism=6)
    result, _, events = search(plan, tmp_path / "ledger", SearchSettings(trials=6), executor)
    assert [event.trial.number for event in events if isinstance(event, BestChanged)] == [0, 2, 1]
    assert result.best is not None
    assert result.best.number == 1


def test_keys_hold_what_matters_and_nothing_else() -> None:
    rows, other = PLAN.rows.fold(0, "in"), PLAN.rows.fold(1, "in")
    key = job_key(PLAN, "forest", {"a": 1, "b": 2.0}, rows, other)
    assert key == job_key(tiny_plan(trials=5), "forest", {"b": 2.0, "a": 1}, rows, other)
    different = {
        job_key(tiny_plan(seed=1), "forest", {"a": 1, "b": 2.0}, rows, other),
        job_key(PLAN, "linear", {"a": 1, "b": 2.0}, rows, other),
        job_key(PLAN, "forest", {"a": 2, "b": 2.0}, rows, other),
        job_key(PLAN, "forest", {"a": 1, "b": 2.0}, other, other),
        job_key(PLAN, "forest", {"a": 1, "b": 2.0}, rows, None),
    }
    assert key not in different
    assert len(different) == 5


def test_equal_parameters_are_fitted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from automl.search.ask import Proposal

    monkeypatch.setattr("automl.search.loop.ask", lambda *_: Proposal(CANDIDATES[1], CANDIDATES[1].defaults))
    executor = FakeExecutor()
    result, _, _ = search(PLAN, tmp_path / "ledger", SearchSettings(trials=12), executor)
    assert len(executor.ran) == 3
    assert len({trial.score for trial in result.trials}) == 1
    assert len(result.trials) == 12


def test_the_driver_keeps_nothing_open_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is under way is bounded by the slots, however many units are settled."""
    from automl.search import loop
    from automl.search.ledger import Ledger

    sizes = []
    inner = loop._Search._settle

    def measured(self: Any, unit: Any, result: Any) -> None:
        inner(self, unit, result)
        sizes.append(max(len(self._open), len(self._unit_keys), len(self._in_flight), len(self._given)))

    monkeypatch.setattr(loop._Search, "_settle", measured)
    plan = tiny_plan((CANDIDATES[0], tiny_candidate("forest"), tiny_candidate("boosting", 9.0)))
    ledger = Ledger.create(tmp_path / "ledger", {"search": plan.search_digest})
    executor = FakeExecutor(context={"share_failing": 0.3})
    loop.run_search(plan, executor, ledger, SearchSettings(trials=50), lambda _event: None)
    ledger.close()
    assert max(sizes) <= 5
