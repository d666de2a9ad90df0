"""The race of first folds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from automl.jobs import Outcome
from automl.search.budget import SearchSettings
from automl.search.race import FREE, Race
from tests.support.plans import tiny_plan
from tests.support.search import search


@pytest.mark.parametrize("greater", [True, False])
def test_the_best_third_goes_on(greater: bool) -> None:
    race, dice = Race(greater), random.Random(3)
    scores = [dice.random() for _ in range(300)]
    went = [race.goes_on(score) for score in scores]
    assert all(went[:FREE])
    assert 80 < sum(went) < 130  # a little more than a third: the first ones have an easy race
    best = sorted(scores, reverse=greater)[:5]
    assert all(gone for score, gone in zip(scores, went, strict=True) if score in best)
    worst = sorted(scores[FREE:], reverse=not greater)[:100]
    assert not any(gone for score, gone in list(zip(scores, went, strict=True))[FREE:] if score in worst)


def test_of_equal_scores_the_later_ones_count_as_good() -> None:
    race = Race(True)
    assert all(race.goes_on(1.0) for _ in range(20))
    assert not race.goes_on(0.5)


def test_a_pruned_trial_teaches_its_estimate_and_never_wins(tmp_path: Path) -> None:
    plan = tiny_plan()
    result, _, _ = search(plan, tmp_path / "ledger", SearchSettings(trials=60))
    pruned = [trial for trial in result.unscored if trial.outcome is Outcome.PRUNED]
    assert pruned
    assert all(trial.estimate is not None for trial in pruned)
    assert result.best is not None
    assert result.best.number not in {trial.number for trial in pruned}
    assert all(len(trial.folds) == plan.rows.fold_count for trial in result.trials)
