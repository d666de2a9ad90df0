"""Scores: one metric over one prediction. scikit-learn computes, and is imported at the first use."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.catalog.metrics import Metric
from automl.runtime.columns import Matrix


def measure(
    metric: Metric,
    prediction: Matrix,
    target: npt.NDArray[Any],
    classes: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> float:
    """The score in the metric's own direction and unit.

    `prediction` has shape (rows, classes), or (rows, 1) for regression (`classes` 0); `target` holds class codes or
    values, `weights` what each row counts for (None: all the same). Raises ValueError for what the metric is not
    defined on: no row, one class only (roc_auc), fewer than two rows (r2), predictions that are not finite.
    """
    _check(metric, prediction, target, classes)
    module, _, name = metric.path.rpartition(".")
    function: Callable[..., float] = getattr(importlib.import_module(module), name)
    if metric.needs == "value":
        return float(function(target, prediction[:, 0], sample_weight=weights))
    if metric.needs == "label":
        return float(function(target, prediction.argmax(axis=1), sample_weight=weights))
    if metric.name == "log_loss":
        return float(function(target, prediction, labels=np.arange(classes), sample_weight=weights))
    return float(function(target, prediction[:, 1], sample_weight=weights))


def _check(metric: Metric, prediction: Matrix, target: npt.NDArray[Any], classes: int) -> None:
    if len(target) == 0:
        raise ValueError(f"{metric.name} needs at least one row")
    if prediction.shape != (len(target), max(classes, 1)):
        expected = (len(target), max(classes, 1))
        raise ValueError(f"{metric.name}: the prediction has shape {prediction.shape}, expected {expected}")
    if not np.isfinite(prediction).all():
        raise ValueError(f"{metric.name}: the prediction holds values that are not finite")
    if metric.name == "roc_auc" and len(np.unique(target)) < 2:
        raise ValueError("roc_auc is not defined on rows of one class only")
    if metric.name == "r2" and len(target) < 2:
        raise ValueError("r2 is not defined on fewer than two rows")
