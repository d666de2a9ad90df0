"""The loop: one story whatever the machine does, and a ledger from which it can be continued anywhere."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from automl.errors import AutomlError
from automl.executors.inline import InlineExecutor
from automl.executors.session import Session, start_ray
from automl.jobs import Job, Scores
from automl.search.budget import SearchSettings
from automl.search.events import BestChanged, Event, Finished
from automl.search.keys import JobKeys
from automl.search.ledger import read_ledger
from automl.search.virtual import VirtualTime
from tests.support.plans import CANDIDATES, fake_fit, tiny_candidate, tiny_plan
from tests.support.search import ArrivalTime, FakeExecutor, Found, Story, search

PLAN = tiny_plan()
SIXTY = SearchSettings(trials=60)


def test_the_search_learns_and_tells(unbroken: tuple[Found, Story, list[Event], bytes]) -> None:
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


def test_the_baseline_and_then_one_model_are_settled_first(reference: tuple[Story, bytes]) -> None:
    first: Any = reference[0].settled[0]
    second: Any = reference[0].settled[1]
    assert (first[0][0], first[1]) == (0, 3)
    assert (second[0][0], second[1]) == (1, 6)


def test_the_order_of_arrival_changes_nothing(tmp_path: Path, reference: tuple[Story, bytes]) -> None:
    _, told, _ = search(PLAN, tmp_path / "ledger", SIXTY, FakeExecutor(newest_first=True))
    assert told == reference[0]


@pytest.mark.slow  # every day: a whole run with Ray gives the package of inline (tests/e2e/test_same_winner.py)
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_ray_with_any_number_of_workers_tells_the_same(
    tmp_path: Path, workers: int, ray_cluster: Session, reference: tuple[Story, bytes]
) -> None:
    from automl.executors.ray_tasks import RayExecutor

    executor = RayExecutor(fake_fit, {"delay": 0.02}, start_ray(workers=workers), owns_session=True)
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
    lines = [(e["event"], *(e.get(name) for name in ("trial", "rung", "fold", "key"))) for e in events]
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
    scores = {"constant": 0.1, "first": 0.4}
    executor = InlineExecutor(lambda _context, job: Scores(scores.get(job.candidate, 0.5)), {})
    others = (tiny_candidate("first"), tiny_candidate("slow", 100.0), tiny_candidate("quick", 0.1))
    plan = tiny_plan((CANDIDATES[0], *others), parallelism=6)
    result, _, events = search(plan, tmp_path / "ledger", SearchSettings(trials=6), executor)
    assert [event.trial.number for event in events if isinstance(event, BestChanged)] == [0, 1, 3, 2]
    assert result.best is not None
    assert result.best.number == 2


def test_keys_hold_what_matters_and_nothing_else() -> None:
    rows, other = PLAN.rows.fold(0, "in"), PLAN.rows.fold(1, "in")
    key = JobKeys(PLAN)("forest", {"a": 1, "b": 2.0}, rows, other)
    assert key == JobKeys(tiny_plan(trials=5))("forest", {"b": 2.0, "a": 1}, rows, other)
    different = {
        JobKeys(tiny_plan(seed=1))("forest", {"a": 1, "b": 2.0}, rows, other),
        JobKeys(PLAN)("linear", {"a": 1, "b": 2.0}, rows, other),
        JobKeys(PLAN)("forest", {"a": 2, "b": 2.0}, rows, other),
        JobKeys(PLAN)("forest", {"a": 1, "b": 2.0}, other, other),
        JobKeys(PLAN)("forest", {"a": 1, "b": 2.0}, rows, None),
    }
    assert key not in different
    assert len(different) == 5


def test_equal_parameters_under_way_are_fitted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from automl.search.ask import Proposal

    monkeypatch.setattr("automl.search.loop.ask", lambda *_: Proposal(CANDIDATES[1], CANDIDATES[1].defaults))
    executor = FakeExecutor()
    result, _, _ = search(PLAN, tmp_path / "ledger", SearchSettings(trials=12), executor)
    assert len(executor.ran) < result.settled_units == 36
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
        kept = (self._open, self._dispatch.in_flight, self._results._keys, self._results._replayed)
        sizes.append(max(map(len, kept)))

    monkeypatch.setattr(loop._Search, "_settle", measured)
    plan = tiny_plan((CANDIDATES[0], tiny_candidate("forest"), tiny_candidate("boosting", 9.0)))
    ledger = Ledger.create(tmp_path / "ledger", {"search": plan.search_digest})
    executor = FakeExecutor(context={"share_failing": 0.3})
    loop.run_search(plan, executor, ledger, SearchSettings(trials=50), lambda _event: None)
    ledger.close()
    assert max(sizes) <= 5
