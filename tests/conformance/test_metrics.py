"""Metrics: scikit-learn's numbers, in the metric's own direction, and clear refusals. One table for each task."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from automl.catalog.metrics import METRICS, THRESHOLDS, Metric, at_level
from automl.measure import measure
from automl.thresholds import FORMULAS, scores_along

ROWS = 60
CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}
CASES = [(metric, task) for metric in METRICS.values() for task in sorted(metric.tasks)]
every_case = pytest.mark.parametrize(("metric", "task"), CASES, ids=[f"{m.name}-{t}" for m, t in CASES])

BINARY = np.array([0, 1, 1, 0, 1])
POSITIVE = np.array([0.2, 0.7, 0.4, 0.5, 0.9])
SHARES = np.column_stack([1 - POSITIVE, POSITIVE])
VALUES = np.array([1.0, 2.0, 4.0, 8.0])
GUESS = np.array([[1.5], [2.0], [3.0], [9.0]])


def table(task: str, seed: int = 0) -> tuple[Any, Any, Any]:
    """Target, an imperfect prediction of it, and whole-numbered weights."""
    rng, classes = np.random.default_rng(seed), CLASSES[task]
    weights = rng.integers(1, 4, ROWS).astype(np.float64)
    if classes == 0:
        target = rng.gamma(3.0, 2.0, ROWS)
        return target, (target * rng.uniform(0.5, 1.6, ROWS))[:, np.newaxis], weights
    target = np.arange(ROWS) % 7 % classes
    scores = rng.random((ROWS, classes)) + 0.7 * (target[:, np.newaxis] == np.arange(classes))
    shares = scores / scores.sum(axis=1, keepdims=True)
    if classes == 2:
        shares[:, 0] = 1.0 - shares[:, 1]
    return target, shares, weights


def labels(p: Any) -> Any:
    return p.argmax(axis=1)


def average(p: Any) -> Any:
    """Many classes: the mean over the classes, each against the rest."""
    return {} if p.shape[1] == 2 else {"multi_class": "ovr", "average": "macro"}


# What scikit-learn says, called as its manual has it: target, prediction, weights.
REFERENCES: dict[str, Callable[[Any, Any, Any], float]] = {
    "roc_auc": lambda y, p, w: (
        sk.roc_auc_score(y, p[:, 1], sample_weight=w)
        if p.shape[1] == 2
        else np.mean([sk.roc_auc_score(y == k, p[:, k], sample_weight=w) for k in range(p.shape[1])])
    ),
    "roc_auc_ovr": lambda y, p, w: sk.roc_auc_score(y, p, sample_weight=w, **average(p)),
    "average_precision": lambda y, p, w: sk.average_precision_score(y, p[:, 1], sample_weight=w),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    "brier": lambda y, p, w: (
        sk.brier_score_loss(y, p[:, 1], sample_weight=w)
        if p.shape[1] == 2
        else np.average(((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1), weights=w)
    ),
    "accuracy": lambda y, p, w: sk.accuracy_score(y, labels(p), sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.recall_score(y, labels(p), sample_weight=w, average="macro"),
    "f1": lambda y, p, w: sk.f1_score(y, labels(p), sample_weight=w),
    "f1_macro": lambda y, p, w: sk.f1_score(y, labels(p), sample_weight=w, average="macro"),
    "f1_weighted": lambda y, p, w: sk.f1_score(y, labels(p), sample_weight=w, average="weighted"),
    "mcc": lambda y, p, w: sk.matthews_corrcoef(y, labels(p), sample_weight=w),
    "cohen_kappa": lambda y, p, w: sk.cohen_kappa_score(y, labels(p), sample_weight=w),
    "precision": lambda y, p, w: sk.precision_score(y, labels(p), sample_weight=w),
    "recall": lambda y, p, w: sk.recall_score(y, labels(p), sample_weight=w),
    "precision_macro": lambda y, p, w: sk.precision_score(y, labels(p), sample_weight=w, average="macro"),
    "recall_macro": lambda y, p, w: sk.recall_score(y, labels(p), sample_weight=w, average="macro"),
    "rmse": lambda y, p, w: math.sqrt(sk.mean_squared_error(y, p[:, 0], sample_weight=w)),
    "mae": lambda y, p, w: sk.mean_absolute_error(y, p[:, 0], sample_weight=w),
    "median_ae": lambda y, p, w: sk.median_absolute_error(y, p[:, 0], sample_weight=w),
    "mape": lambda y, p, w: np.average(np.abs(p[:, 0] - y) / y, weights=w),
    "smape": lambda y, p, w: np.average(np.abs(p[:, 0] - y) / ((np.abs(y) + np.abs(p[:, 0])) / 2), weights=w),
    "r2": lambda y, p, w: sk.r2_score(y, p[:, 0], sample_weight=w),
    "rmsle": lambda y, p, w: math.sqrt(sk.mean_squared_error(np.log1p(y), np.log1p(p[:, 0]), sample_weight=w)),
    "poisson_deviance": lambda y, p, w: sk.mean_tweedie_deviance(y, p[:, 0], sample_weight=w, power=1),
    "gamma_deviance": lambda y, p, w: sk.mean_tweedie_deviance(y, p[:, 0], sample_weight=w, power=2),
    "pinball": lambda y, p, w: sk.mean_absolute_error(y, p[:, 0], sample_weight=w) / 2,
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_declaration(metric: Metric) -> None:
    assert METRICS[metric.name] is metric and metric.tasks and metric.title and metric.name in REFERENCES
    module, _, name = metric.path.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))
    assert (metric.needs == "value") == (metric.tasks == {"regression"})
    assert metric.chooses_threshold == (metric.name in FORMULAS)
    assert not metric.chooses_threshold or (metric.needs == "label" and "binary" in metric.tasks)
    assert metric.objective == "squared" or metric.tasks == {"regression"}


@every_case
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_the_numbers_are_those_of_scikit_learn(metric: Metric, task: str, weighted: bool) -> None:
    target, prediction, weights = table(task)
    expected = REFERENCES[metric.name](target, prediction, weights if weighted else None)
    found = measure(metric, prediction, target, CLASSES[task], weights if weighted else None)
    assert found == pytest.approx(expected, rel=1e-12)


@every_case
def test_a_weight_of_two_is_the_row_twice(metric: Metric, task: str) -> None:
    target, prediction, weights = table(task)
    twice = np.repeat(np.arange(ROWS), weights.astype(int))
    found = measure(metric, prediction, target, CLASSES[task], weights)
    repeated = measure(metric, prediction[twice], target[twice], CLASSES[task])
    assert found == pytest.approx(repeated, rel=1e-12)
    assert found != measure(metric, prediction, target, CLASSES[task])


@every_case
def test_perfect_beats_imperfect_beats_shuffled(metric: Metric, task: str) -> None:
    target, prediction, _ = table(task)
    classes = CLASSES[task]
    perfect = np.eye(classes)[target] if classes else target[:, np.newaxis]
    shuffled = np.random.default_rng(5).permutation(prediction)
    best, good, bad = (measure(metric, p, target, classes) for p in (perfect, prediction, shuffled))
    assert (best > good > bad) if metric.greater_is_better else (best < good < bad)


@every_case
def test_rows_that_lack_a_class(metric: Metric, task: str) -> None:
    """The last class is missing in the rows, or is alone: finite scores, and columns stay in their place."""
    if metric.needs == "value":
        return
    target, prediction, _ = table(task)
    classes = CLASSES[task]
    alone = target == classes - 1
    needs_two = metric.name in ("roc_auc", "roc_auc_ovr", "average_precision")
    if needs_two:
        with pytest.raises(ValueError, match="one class only"):
            measure(metric, prediction[alone], target[alone], classes)
    else:
        assert math.isfinite(measure(metric, prediction[alone], target[alone], classes))
    if classes > 2:
        perfect = np.eye(classes)[target]
        best = measure(metric, perfect[~alone], target[~alone], classes)
        assert best == pytest.approx(measure(metric, perfect, target, classes), abs=1e-12)
        good = measure(metric, prediction[~alone], target[~alone], classes)
        assert (best > good) if metric.greater_is_better else (best < good)


def test_roc_auc_is_the_mean_over_the_classes_that_are_there() -> None:
    target, prediction, _ = table("multiclass")
    kept = target < 2
    expected = [sk.roc_auc_score(target[kept] == code, prediction[kept, code]) for code in (0, 1)]
    assert measure(METRICS["roc_auc_ovr"], prediction[kept], target[kept], 3) == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_along_thresholds_the_numbers_are_those_of_measure(name: str, weighted: bool) -> None:
    target, prediction, weights = table("binary")
    prediction[::5, 1] = np.array(THRESHOLDS)[np.arange(0, ROWS, 5) % len(THRESHOLDS)]  # exactly on the grid
    given = weights if weighted else None
    along = scores_along(METRICS[name], prediction, target, given)
    for threshold, score in zip(THRESHOLDS, along, strict=True):
        expected = measure(METRICS[name], prediction, target, 2, given, threshold)
        assert score == pytest.approx(expected, rel=1e-12, abs=1e-12), threshold
    assert len(set(along)) > 5


@pytest.mark.parametrize("name", FORMULAS)
def test_along_thresholds_of_one_class_nothing_is_undefined(name: str) -> None:
    target, prediction, _ = table("binary")
    one = target == 1
    for side in (one, ~one):
        along = scores_along(METRICS[name], prediction[side], target[side])
        expected = [measure(METRICS[name], prediction[side], target[side], 2, None, t) for t in THRESHOLDS]
        np.testing.assert_allclose(along, expected, rtol=1e-12, atol=1e-12)


def test_the_grid_is_symmetric_and_denser_at_its_ends() -> None:
    assert len(THRESHOLDS) == 25 and 0.5 in THRESHOLDS and list(THRESHOLDS) == sorted(THRESHOLDS)
    np.testing.assert_allclose(THRESHOLDS, [1 - t for t in reversed(THRESHOLDS)])
    assert THRESHOLDS[1] - THRESHOLDS[0] < 0.01 < THRESHOLDS[12] - THRESHOLDS[11]


def test_numbers_by_hand() -> None:
    assert measure(METRICS["roc_auc"], SHARES, BINARY, 2) == pytest.approx(5 / 6)
    assert measure(METRICS["accuracy"], SHARES, BINARY, 2) == pytest.approx(4 / 5)  # 0.5 against 0.5 is the first class
    assert measure(METRICS["accuracy"], SHARES, BINARY, 2, threshold=0.5) == pytest.approx(3 / 5)  # and here the second
    assert measure(METRICS["f1"], SHARES, BINARY, 2, threshold=0.4) == pytest.approx(6 / 7)
    by_hand = -(math.log(0.8) + math.log(0.7) + math.log(0.4) + math.log(0.5) + math.log(0.9)) / 5
    assert measure(METRICS["log_loss"], SHARES, BINARY, 2) == pytest.approx(by_hand)
    assert measure(METRICS["rmse"], GUESS, VALUES, 0) == pytest.approx(math.sqrt((0.25 + 0 + 1 + 1) / 4))
    spread = sum((v - 3.75) ** 2 for v in VALUES)
    assert measure(METRICS["r2"], GUESS, VALUES, 0) == pytest.approx(1 - 2.25 / spread)
    smape = (2 * 0.5 / 2.5 + 0 + 2 * 1 / 7 + 2 * 1 / 17) / 4
    assert measure(METRICS["smape"], GUESS, VALUES, 0) == pytest.approx(smape)
    assert measure(METRICS["smape"], GUESS * 0, VALUES * 0, 0) == 0.0
    above = (0.9 * 1 + 0.1 * (0.5 + 1)) / 4  # one guess is too low, two are too high
    assert measure(at_level(METRICS["pinball"], 0.9), GUESS, VALUES, 0) == pytest.approx(above)


@pytest.mark.parametrize("name", ["rmsle", "poisson_deviance", "gamma_deviance"])
def test_predictions_outside_of_the_domain_count_as_its_end(name: str) -> None:
    below, least = np.array([[-5.0], [2.0], [3.0], [9.0]]), np.array([[1e-9], [2.0], [3.0], [9.0]])
    found = measure(METRICS[name], below, VALUES, 0)
    assert math.isfinite(found) and found == pytest.approx(measure(METRICS[name], least, VALUES, 0))


def test_refusals_are_clear() -> None:
    with pytest.raises(ValueError, match="one class only"):
        measure(METRICS["roc_auc"], SHARES[:2], np.array([1, 1]), 2)
    with pytest.raises(ValueError, match="at least one row"):
        measure(METRICS["accuracy"], SHARES[:0], BINARY[:0], 2)
    with pytest.raises(ValueError, match="no row"):
        scores_along(METRICS["accuracy"], SHARES[:0], BINARY[:0])
    with pytest.raises(ValueError, match="fewer than two rows"):
        measure(METRICS["r2"], GUESS[:1], VALUES[:1], 0)
    with pytest.raises(ValueError, match="not finite"):
        measure(METRICS["rmse"], GUESS * np.nan, VALUES, 0)
    with pytest.raises(ValueError, match=r"shape \(5, 2\), expected \(5, 3\)"):
        measure(METRICS["log_loss"], SHARES, BINARY, 3)
