"""The metrics: what a spec may ask for. scikit-learn computes them, in `measure.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.catalog.operator import TaskName


@dataclass(frozen=True)
class Metric:
    """One metric: the dotted path of its function, which way is better, and what it is computed from."""

    name: str
    path: str
    greater_is_better: bool
    needs: Literal["probability", "label", "value"]
    tasks: frozenset[TaskName]
    title: str


_CLASSES: frozenset[TaskName] = frozenset({"binary", "multiclass"})
_BINARY: frozenset[TaskName] = frozenset({"binary"})
_QUANTITY: frozenset[TaskName] = frozenset({"regression"})

METRICS: dict[str, Metric] = {
    "roc_auc": Metric(
        "roc_auc", "sklearn.metrics.roc_auc_score", True, "probability", _BINARY, "area under the ROC curve"
    ),
    "log_loss": Metric("log_loss", "sklearn.metrics.log_loss", False, "probability", _CLASSES, "logarithmic loss"),
    "accuracy": Metric("accuracy", "sklearn.metrics.accuracy_score", True, "label", _CLASSES, "share of right labels"),
    "rmse": Metric(
        "rmse", "sklearn.metrics.root_mean_squared_error", False, "value", _QUANTITY, "root mean squared error"
    ),
    "mae": Metric("mae", "sklearn.metrics.mean_absolute_error", False, "value", _QUANTITY, "mean absolute error"),
    "r2": Metric("r2", "sklearn.metrics.r2_score", True, "value", _QUANTITY, "share of variance explained"),
}
