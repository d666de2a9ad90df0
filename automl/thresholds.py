"""A metric along a grid of thresholds: from which probability on a row is best labelled with the positive class.

One sort gives the confusion matrix at every threshold, and the built-in metrics are functions of it: the formulas are
scikit-learn's (`measure` computes the same numbers, within rounding). A user's own metric is called for each threshold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from automl.catalog.metrics import THRESHOLDS, Metric
from automl.measure import Values, Weights, measure
from automl.runtime.columns import Matrix

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Counts:
    """Weighted numbers of rows at each threshold: true and false positives, true and false negatives."""

    tp: Numbers
    fp: Numbers
    tn: Numbers
    fn: Numbers

    def turned(self) -> Counts:
        """With the classes in each other's place."""
        return Counts(self.tn, self.fn, self.tp, self.fp)


def scores_along(metric: Metric, prediction: Matrix, target: Values, weights: Weights = None) -> tuple[float, ...]:
    """The score at each of `THRESHOLDS`. `prediction` has shape (rows, 2). Raises ValueError as `measure` does."""
    formula = FORMULAS.get(metric.name)
    if formula is None:
        return tuple(measure(metric, prediction, target, 2, weights, threshold) for threshold in THRESHOLDS)
    if len(target) == 0 or not np.isfinite(prediction).all():
        raise ValueError(f"{metric.name}: there is no row, or a prediction that is not finite")
    with np.errstate(all="ignore"):
        return tuple(float(score) for score in formula(counts_of(prediction[:, 1], target, weights)))


def counts_of(positive: Numbers, target: Values, weights: Weights) -> Counts:
    """The confusion matrix at each threshold. `positive`: probabilities of the positive class, `target`: codes 0, 1."""
    order = np.argsort(positive, kind="stable")
    each = np.ones(len(order)) if weights is None else np.asarray(weights, dtype=np.float64)[order]
    ones = each * (target[order] == 1)
    below = np.searchsorted(positive[order], THRESHOLDS, side="left")
    total, positives = (np.concatenate([[0.0], np.cumsum(part)]) for part in (each, ones))
    fn = positives[below]
    tn = total[below] - fn
    return Counts(positives[-1] - fn, (total[-1] - positives[-1]) - tn, tn, fn)


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    """0 where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _accuracy(c: Counts) -> Numbers:
    return _ratio(c.tp + c.tn, c.tp + c.fp + c.tn + c.fn)


def _balanced_accuracy(c: Counts) -> Numbers:
    """The mean over the classes that there are."""
    there = (c.tp + c.fn > 0).astype(np.float64) + (c.tn + c.fp > 0)
    return (_ratio(c.tp, c.tp + c.fn) + _ratio(c.tn, c.tn + c.fp)) / there


def _f1(c: Counts) -> Numbers:
    return _ratio(2.0 * c.tp, 2.0 * c.tp + c.fp + c.fn)


def _f1_macro(c: Counts) -> Numbers:
    """The mean over the classes that target or labels hold."""
    turned = c.turned()
    there = (c.tp + c.fp + c.fn > 0).astype(np.float64) + (turned.tp + turned.fp + turned.fn > 0)
    return (_f1(c) + _f1(turned)) / there


def _f1_weighted(c: Counts) -> Numbers:
    positive, negative = c.tp + c.fn, c.tn + c.fp
    return _ratio(_f1(c) * positive + _f1(c.turned()) * negative, positive + negative)


def _mcc(c: Counts) -> Numbers:
    margins = np.sqrt(c.tp + c.fp) * np.sqrt(c.tp + c.fn) * np.sqrt(c.tn + c.fp) * np.sqrt(c.tn + c.fn)
    return _ratio(c.tp * c.tn - c.fp * c.fn, margins)


def _cohen_kappa(c: Counts) -> Numbers:
    return _ratio(2.0 * (c.tp * c.tn - c.fn * c.fp), (c.tp + c.fp) * (c.fp + c.tn) + (c.tp + c.fn) * (c.fn + c.tn))


FORMULAS: dict[str, Callable[[Counts], Numbers]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "mcc": _mcc,
    "cohen_kappa": _cohen_kappa,
}
