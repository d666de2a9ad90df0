"""From curves over thresholds to one threshold for all folds."""

from __future__ import annotations

import json

import pytest

from automl.catalog.metrics import THRESHOLDS
from automl.jobs import Done, Outcome, Scores
from automl.search.scoring import UnitResult, from_done, from_json, merge_folds
from tests.support.plans import metric

FLAT = (0.25,) * 25


def line(**at: float) -> tuple[float, ...]:
    """A flat curve with other scores at some thresholds: t20 is 0.2."""
    others = {int(name[1:]) / 100: score for name, score in at.items()}
    assert set(others) <= set(THRESHOLDS)
    return tuple(others.get(threshold, 0.25) for threshold in THRESHOLDS)


def unit(*curves: tuple[float, ...], rounds: tuple[int, ...] = ()) -> UnitResult:
    path = tuple((step, 0.25) for step in rounds)
    return from_done(Done("key", Outcome.OK, Scores(0.25, path, curves)))


def test_the_mean_over_the_folds_decides() -> None:
    merged = merge_folds([unit(line(t20=1.0, t30=0.6)), unit(line(t30=0.7))], metric(True))
    assert (merged.threshold, merged.rounds, merged.folds) == (0.3, None, (0.6, 0.7))
    assert merged.score == pytest.approx(0.65)
    low = merge_folds([unit(line(t20=0.1, t30=0.2)), unit(line(t30=0.0))], metric(False))
    assert (low.threshold, low.folds) == (0.3, (0.2, 0.0))


def test_rounds_and_threshold_are_chosen_together() -> None:
    folds = [unit(line(t20=0.5), line(t75=0.9), rounds=(10, 20)), unit(line(t20=0.9), line(t75=0.7), rounds=(10, 20))]
    merged = merge_folds(folds, metric(True))
    assert (merged.rounds, merged.threshold, merged.folds) == (20, 0.75, (0.9, 0.7))


@pytest.mark.parametrize(
    ("curve", "threshold"),
    [
        (FLAT, 0.5),
        (line(t10=0.9, t40=0.9), 0.4),
        (line(t10=0.9, t75=0.9), 0.75),
        (line(t25=0.9, t75=0.9), 0.25),
    ],
)
def test_ties_go_to_the_threshold_closest_to_a_half_then_to_the_lower(
    curve: tuple[float, ...], threshold: float
) -> None:
    assert merge_folds([unit(curve)], metric(True)).threshold == threshold


def test_then_to_the_fewest_rounds() -> None:
    merged = merge_folds([unit(line(t30=0.9), line(t30=0.9), line(t20=0.9), rounds=(5, 10, 20))], metric(True))
    assert (merged.rounds, merged.threshold) == (5, 0.3)


def test_the_ledger_keeps_every_bit_and_plain_units_are_as_they_were() -> None:
    found = unit(line(t30=1 / 3), FLAT, rounds=(5, 10))
    assert from_json(json.loads(json.dumps(found.as_json()))) == found
    plain = from_done(Done("key", Outcome.OK, Scores(0.25, ((5, 0.25),))))
    assert "curves" not in plain.as_json() and from_json(plain.as_json()) == plain
    assert merge_folds([plain], metric(True)).threshold is None
