"""The race over rungs: who goes on, what a pruned trial teaches."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from automl.jobs import Outcome
from automl.search.budget import SearchSettings
from automl.search.race import Race
from tests.support.plans import metric, tiny_plan
from tests.support.search import search


@pytest.mark.parametrize("greater", [True, False])
def test_the_best_third_goes_on(greater: bool) -> None:
    race, dice = Race(metric(greater)), random.Random(3)
    scores = [dice.random() for _ in range(300)]
    went = [race.goes_on(0, score) for score in scores]
    assert went[0]
    assert 80 < sum(went) < 130  # a little more than a third: the first ones have an easy race
    best = sorted(scores, reverse=greater)[:5]
    assert all(gone for score, gone in zip(scores, went, strict=True) if score in best)
    worst = sorted(scores, reverse=not greater)[:100]
    assert not any(gone for score, gone in list(zip(scores, went, strict=True))[3:] if score in worst)


def test_of_equal_scores_the_later_ones_count_as_good() -> None:
    race = Race(metric(True))
    assert all(race.goes_on(0, 1.0) for _ in range(20))
    assert not race.goes_on(0, 0.5)


def test_rungs_are_races_of_their_own() -> None:
    race = Race(metric(True))
    for _ in range(9):
        race.goes_on(0, 1.0)
    assert not race.goes_on(0, 0.5)
    assert race.goes_on(1, 0.5), "nothing of rung 0 counts at rung 1"


def test_what_is_expected_is_measured_against_the_best_that_came_through_that_rung() -> None:
    race = Race(metric(False))
    assert race.expected(0, 5.0) is None, "scores of a part of the rows cannot be compared with means"
    race.came_through({1: 3.0}, 2.0)
    assert race.expected(0, 5.0) is None and race.expected(1, 5.0) == 4.0
    race.came_through({0: 6.0, 1: 3.5}, 2.5)
    assert race.expected(0, 7.0) == 3.5, "the only one that came through rung 0"
    assert race.expected(0, 5.0) == 2.5, "nothing that was stopped is expected to be better than that one"
    assert race.expected(1, 5.0) == 4.0, "the best of two"
    race.came_through({0: 4.0, 1: 2.0}, 1.0)
    assert race.expected(0, 5.0) == 2.0


def test_a_pruned_trial_teaches_its_estimate_and_never_wins(tmp_path: Path) -> None:
    plan = tiny_plan()
    result, _, _ = search(plan, tmp_path / "ledger", SearchSettings(trials=60))
    pruned = [trial for trial in result.unscored if trial.outcome is Outcome.PRUNED]
    assert pruned
    assert all(trial.estimate is not None for trial in pruned)
    assert result.best is not None
    assert result.best.number not in {trial.number for trial in pruned}
    assert all(len(trial.folds) == plan.rows.fold_count for trial in result.trials)
