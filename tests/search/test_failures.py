"""Trials that fail, and what the machine does to them: recorded, and replayed as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automl.executors.inline import InlineExecutor
from automl.jobs import Done, Job, Outcome, Scores
from automl.search.budget import SearchSettings
from automl.search.events import Finished, Retried
from automl.search.ledger import read_ledger
from tests.support.plans import fake_score, tiny_plan
from tests.support.search import FakeExecutor, search

PLAN = tiny_plan()
SIXTY = SearchSettings(trials=60)


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
