"""Scores: one metric over one prediction. scikit-learn computes, and is imported at the first use."""

from __future__ import annotations

import importlib
import math
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.catalog.metrics import Metric
from automl.catalog.own_metric import load_function
from automl.runtime.columns import Matrix

Values = npt.NDArray[Any]
Weights = npt.NDArray[np.float64] | None

SMALLEST = 1e-9  # what a prediction counts as where a deviance needs one above zero


def measure(
    metric: Metric,
    prediction: Matrix,
    target: Values,
    classes: int,
    weights: Weights = None,
    threshold: float | None = None,
) -> float:
    """The score in the metric's own direction and unit.

    `prediction` has shape (rows, classes), or (rows, 1) for regression (`classes` 0); `target` holds class codes or
    values; `weights` says what each row counts for (a user's own metric is not given them). `threshold`: of two
    classes, the probability from which on a row is labelled positive; None: the class of the larger one, of equal ones
    the first. Rows may lack classes: one that is in neither target nor labels counts for nothing, and roc_auc of many
    classes is the mean over those that some rows have and others lack. Predictions outside of a metric's domain count
    as its end: rmsle 0, deviances `SMALLEST`. Raises ValueError for what the metric is not defined on: no row, one
    class only (roc_auc, average_precision), fewer than two rows (r2), predictions that are not finite; and where a
    user's own function fails.
    """
    _check(metric, prediction, target, classes)
    if metric.source is not None:
        return _own(metric, guess_of(metric, prediction, threshold), target)
    if metric.name in ("roc_auc", "roc_auc_ovr") and classes > 2:
        return _one_against_rest(metric, prediction, target, weights)
    guess = guess_of(metric, prediction, threshold)
    extra: dict[str, Any] = dict(metric.arguments)
    if metric.name == "pinball":
        extra["alpha"] = metric.level
    if metric.name in ("log_loss", "brier"):
        guess, extra["labels"] = prediction, np.arange(classes)
    return _compute(metric, target, _clipped(metric, guess), {**extra, "sample_weight": weights})


def guess_of(metric: Metric, prediction: Matrix, threshold: float | None) -> Values:
    """What the metric is computed from: values, labels as codes, the positive class's probability, or all of them."""
    if metric.needs == "value":
        return prediction[:, 0]
    if metric.needs == "label":
        if threshold is not None and prediction.shape[1] == 2:
            return (prediction[:, 1] >= threshold).astype(np.int64)
        labels: Values = prediction.argmax(axis=1)
        return labels
    return prediction[:, 1] if prediction.shape[1] == 2 else prediction


def symmetric_error(target: Values, guess: Values, sample_weight: Weights = None) -> float:
    """smape: the mean of 2 |guess - target| / (|guess| + |target|), 0 where both are 0. From 0 to 2, not per cent."""
    whole = np.abs(guess) + np.abs(target)
    errors = np.divide(2.0 * np.abs(guess - target), whole, out=np.zeros(len(whole)), where=whole > 0)
    return float(np.average(errors, weights=sample_weight))


def _compute(metric: Metric, target: Values, guess: Values, options: dict[str, Any]) -> float:
    module, _, name = metric.path.rpartition(".")
    function: Callable[..., float] = getattr(importlib.import_module(module), name)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of classes that are not there
        score = float(function(target, guess, **options))
    return 0.0 if math.isnan(score) and metric.name == "cohen_kappa" else score  # one class, and it alone predicted


def _clipped(metric: Metric, guess: Values) -> Values:
    if metric.name == "rmsle":
        return np.maximum(guess, 0.0)
    return np.maximum(guess, SMALLEST) if metric.name in ("poisson_deviance", "gamma_deviance") else guess


def _one_against_rest(metric: Metric, prediction: Matrix, target: Values, weights: Weights) -> float:
    present = np.unique(target).astype(np.int64)
    options = {"sample_weight": weights}
    scores = [_compute(metric, target == code, prediction[:, code], options) for code in present]
    return math.fsum(scores) / len(scores)


def _own(metric: Metric, guess: Values, target: Values) -> float:
    """A user's function: copies of its own, a finite number as the answer, no exception but ValueError."""
    function = load_function(metric.path, metric.folder, str(metric.source))
    raised: str | None = None
    try:
        with redirect_stdout(sys.stderr):  # standard output is the command's own
            answer = function(np.array(target), np.array(guess))
    except (Exception, SystemExit) as problem:
        raised = f"{type(problem).__name__}: {_words(problem, str)}"
    if raised is not None:  # here, so that nothing of the user's object hangs on what is raised
        raise ValueError(f"metric {metric.name} raised {raised}")
    try:
        score = float(answer)
    except Exception:  # whatever an object of the user's does when it is asked for its number
        score = math.nan
    if not math.isfinite(score):
        raise ValueError(f"metric {metric.name} returned {_words(answer, repr)}; expected a finite number")
    return score


def _words(thing: object, words: Callable[[object], str]) -> str:
    """A user's object as a short text, also where it cannot say what it is."""
    try:
        return words(thing)[:200]
    except Exception:
        return f"an object of type {type(thing).__name__}"


def _check(metric: Metric, prediction: Matrix, target: Values, classes: int) -> None:
    if len(target) == 0:
        raise ValueError(f"{metric.name} needs at least one row")
    if prediction.shape != (len(target), max(classes, 1)):
        expected = (len(target), max(classes, 1))
        raise ValueError(f"{metric.name}: the prediction has shape {prediction.shape}, expected {expected}")
    if not np.isfinite(prediction).all():
        raise ValueError(f"{metric.name}: the prediction holds values that are not finite")
    if metric.name in ("roc_auc", "roc_auc_ovr", "average_precision") and len(np.unique(target)) < 2:
        raise ValueError(f"{metric.name} is not defined on rows of one class only")
    if metric.name == "r2" and len(target) < 2:
        raise ValueError("r2 is not defined on fewer than two rows")
