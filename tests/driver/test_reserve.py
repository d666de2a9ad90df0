"""What is kept for the final phase: from measured fits, by load, and only for what can still be fitted."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from automl.driver.reserve import MARGIN, Budget, Finishers, Reserve, Tail
from automl.jobs import Outcome
from automl.plan import TrialScore
from automl.search.events import AtHand, Finished, Settled
from automl.search.virtual import Unit
from automl.spec.model import MetricOptions
from tests.support.plans import tiny_plan

PLAN = tiny_plan()
TAIL_S = 1.0
TAIL = Tail(0.5, 0.5)
TWO = Finishers(2)
GROWTH = 1.5


class Moment:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def reserve(clock: Moment, seconds: float = 100.0, finishers: Finishers = TWO, tail: Tail = TAIL) -> Reserve:
    return Reserve(PLAN, Budget(seconds, seconds, clock), lambda: tail, GROWTH, lambda: finishers)


def trial(number: int, score: float) -> TrialScore:
    candidate = PLAN.candidates[1]
    return TrialScore(number=number, candidate=candidate.id, params=candidate.defaults, folds=(), score=score)


def better(than: float, by: float = 0.1) -> float:
    return than + by if PLAN.scorer.greater_is_better else than - by


def settled(number: int, score: float, longest_s: float) -> Settled:
    return Settled(trial(number, score), number, False, longest_s)


def finals(longest_s: float, rounds: int = 1) -> float:
    return MARGIN * GROWTH * rounds * longest_s


def test_the_best_trial_counts_settled_or_at_hand() -> None:
    kept = reserve(Moment())
    assert kept.seconds() == TAIL_S
    kept(settled(1, 0.5, 4.0))
    assert kept.seconds() == TAIL_S + finals(4.0)
    kept(settled(2, better(0.5, -0.1), 9.0))
    assert kept.seconds() == TAIL_S + finals(4.0), "it is worse"
    kept(AtHand(trial(3, better(0.5)), 6.0))
    assert kept.seconds() == TAIL_S + finals(6.0)


def test_one_worker_fits_twice_in_a_row() -> None:
    kept = reserve(Moment(), finishers=Finishers(1))
    kept(settled(1, 0.5, 4.0))
    assert kept.seconds() == TAIL_S + finals(4.0, 2)


def test_what_cannot_be_fitted_any_more_is_not_waited_for() -> None:
    clock = Moment()
    kept = reserve(clock)
    kept(settled(1, 0.5, 2.0))
    clock.now = 90.0
    slow = trial(2, better(0.5))
    kept(Settled(slow, 2, False, 20.0))
    assert kept.seconds() == TAIL_S + finals(2.0)
    assert kept.left_for(slow) == 0.0
    assert kept.left_for(trial(1, 0.5)) == pytest.approx(102.5 - TAIL_S - 90.0), "half of the allowed overrun"


def test_the_last_moment_is_within_the_allowed_overrun() -> None:
    limits: Mapping[float, float] = {20.0: 21.0, 60.0: 61.5, 300.0: 307.5}
    assert {seconds: Budget(seconds, seconds, Moment()).last for seconds in limits} == limits


def test_load_makes_the_tail_longer() -> None:
    kept = reserve(Moment())
    for fold in range(4):
        kept(Finished(Unit(1, 0, fold), Outcome.OK, 2.0, 1.0))
    assert kept.seconds() == 2 * TAIL_S
    for fold in range(20):
        kept(Finished(Unit(2, 0, fold), Outcome.OK, 1.0, 1.0))
    assert kept.seconds() == TAIL_S, "only the last ones count"
    kept(Finished(Unit(3, 0, 0), Outcome.OK, 1.0, 8.0))
    assert kept.seconds() == TAIL_S, "a fit with many threads is no idle machine"


def test_a_fit_that_was_ended_is_no_sign_of_load() -> None:
    """Nobody knows what it had of a CPU: one timeout must not end the search."""
    kept = reserve(Moment())
    kept(Finished(Unit(1, 0, 0), Outcome.OK, 2.0, 2.0))
    kept(Finished(Unit(1, 0, 1), Outcome.TIMEOUT, 600.0, 0.0))
    assert kept.seconds() == TAIL_S


def test_a_fit_on_many_cpus_hides_no_load_of_others() -> None:
    kept = reserve(Moment())
    kept(Finished(Unit(1, 0, 0), Outcome.OK, 4.0, 16.0))
    kept(Finished(Unit(1, 0, 1), Outcome.OK, 8.0, 2.0))
    assert kept.seconds() == 2 * TAIL_S


def test_time_until_workers_are_free_is_kept_and_is_the_fits_own() -> None:
    clock = Moment()
    kept = reserve(clock, finishers=Finishers(2, 3.0))
    kept(settled(1, 0.5, 4.0))
    assert kept.seconds() == TAIL_S + 3.0 + finals(4.0)
    clock.now = 102.5 - TAIL_S - finals(4.0) - 3.0
    assert kept.left_for(trial(1, 0.5)) == pytest.approx(3.0 + finals(4.0)), "not taken off a second time"
    clock.now += 0.1
    assert kept.left_for(trial(1, 0.5)) == 0.0


def test_the_search_does_not_end_for_an_interval_of_more_than_a_tenth_of_the_budget() -> None:
    assert reserve(Moment(), tail=Tail(0.5, 10.0)).seconds() == 10.5
    assert reserve(Moment(), tail=Tail(0.5, 10.1, 3.0)).seconds() == 3.5, "but what the baseline needs is kept"
    assert reserve(Moment(), 5.0, tail=Tail(0.5, 1.0)).seconds() == 1.5, "one second it may always take"


def test_the_interval_is_computed_where_it_ends_in_time() -> None:
    clock = Moment()
    kept = reserve(clock, tail=Tail(0.5, 40.0))
    assert kept.for_interval() == 104.5
    clock.now = 64.5
    assert kept.for_interval() == 40.0
    clock.now = 64.6
    assert kept.for_interval() == 0.0
    kept(Finished(Unit(1, 0, 0), Outcome.OK, 2.0, 1.0))
    clock.now = 60.0
    assert kept.for_interval() == 0.0, "it takes twice as long on a busy machine"


def test_a_users_own_metric_that_sleeps_is_no_sign_of_load() -> None:
    options = MetricOptions(source="sha256:of a module", direction="maximise")
    own = PLAN.model_copy(update={"spec": PLAN.spec.model_copy(update={"metric_options": options})})
    kept = Reserve(own, Budget(100.0, 100.0, Moment()), lambda: TAIL, GROWTH, lambda: TWO)
    kept(Finished(Unit(1, 0, 0), Outcome.OK, 3.0, 0.1))
    assert kept.seconds() == TAIL_S
