"""Metrics: scikit-learn's numbers, in the metric's own direction, and clear refusals."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from automl.catalog.metrics import METRICS, Metric
from automl.measure import measure

BINARY = np.array([0, 1, 1, 0, 1])
POSITIVE = np.array([0.2, 0.7, 0.4, 0.5, 0.9])
SHARES = np.column_stack([1 - POSITIVE, POSITIVE])
VALUES = np.array([1.0, 2.0, 4.0, 8.0])
GUESS = np.array([[1.5], [2.0], [3.0], [9.0]])


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_declaration(metric: Metric) -> None:
    assert METRICS[metric.name] is metric and metric.tasks and metric.title
    module, _, name = metric.path.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
    assert (metric.needs == "value") == (metric.tasks == {"regression"})


def test_numbers_by_hand() -> None:
    assert measure(METRICS["roc_auc"], SHARES, BINARY, 2) == pytest.approx(5 / 6)
    assert measure(METRICS["accuracy"], SHARES, BINARY, 2) == pytest.approx(4 / 5)  # 0.5 against 0.5 is the first class
    by_hand = -(math.log(0.8) + math.log(0.7) + math.log(0.4) + math.log(0.5) + math.log(0.9)) / 5
    assert measure(METRICS["log_loss"], SHARES, BINARY, 2) == pytest.approx(by_hand)
    assert measure(METRICS["rmse"], GUESS, VALUES, 0) == pytest.approx(math.sqrt((0.25 + 0 + 1 + 1) / 4))
    assert measure(METRICS["mae"], GUESS, VALUES, 0) == pytest.approx(2.5 / 4)
    spread = sum((v - 3.75) ** 2 for v in VALUES)
    assert measure(METRICS["r2"], GUESS, VALUES, 0) == pytest.approx(1 - 2.25 / spread)


def test_log_loss_of_rows_that_lack_a_class() -> None:
    shares = np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
    expected = -(math.log(0.5) + math.log(0.8)) / 2
    assert measure(METRICS["log_loss"], shares, np.array([0, 2]), 3) == pytest.approx(expected)
    assert measure(METRICS["log_loss"], shares, np.array([0, 0]), 3) > 0


@pytest.mark.parametrize("name", METRICS)
def test_better_predictions_score_better(name: str) -> None:
    metric = METRICS[name]
    if metric.needs == "value":
        good, bad = measure(metric, GUESS, VALUES, 0), measure(metric, GUESS[::-1], VALUES, 0)
    else:
        good, bad = measure(metric, SHARES, BINARY, 2), measure(metric, SHARES[:, ::-1], BINARY, 2)
    assert (good > bad) == metric.greater_is_better


def test_refusals_are_clear() -> None:
    with pytest.raises(ValueError, match="one class only"):
        measure(METRICS["roc_auc"], SHARES[:2], np.array([1, 1]), 2)
    with pytest.raises(ValueError, match="at least one row"):
        measure(METRICS["accuracy"], SHARES[:0], BINARY[:0], 2)
    with pytest.raises(ValueError, match="fewer than two rows"):
        measure(METRICS["r2"], GUESS[:1], VALUES[:1], 0)
    with pytest.raises(ValueError, match="not finite"):
        measure(METRICS["rmse"], GUESS * np.nan, VALUES, 0)
    with pytest.raises(ValueError, match=r"shape \(5, 2\), expected \(5, 3\)"):
        measure(METRICS["log_loss"], SHARES, BINARY, 3)
