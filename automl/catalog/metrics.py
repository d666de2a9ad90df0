"""The metrics: what a spec may ask for. scikit-learn computes them, in `measure.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from automl.catalog.operator import TaskName
from automl.params import ParamValue

Needs = Literal["probability", "label", "value"]
Domain = Literal["any", "not_negative", "positive", "not_zero"]
Objective = Literal["squared", "absolute", "quantile", "poisson", "gamma", "mape"]

# Where the probability of the positive class may become its label: denser near 0 and 1, for rare classes.
_LOWER = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
THRESHOLDS: Final[tuple[float, ...]] = (*_LOWER, 0.5, *(round(1.0 - t, 3) for t in reversed(_LOWER)))


@dataclass(frozen=True)
class Metric:
    """One metric: the dotted path of its function, which way is better, and what it is computed from.

    `arguments` go to the function by name. `chooses_threshold`: for two classes, the probability from which on a row
    gets the positive label is chosen by this metric, out of fold. `domain`: where the values of the target must lie
    (outside of `not_zero` the metric exists, but says little). `objective`: what a regression optimises for it, with
    `level` for a quantile. `source` and `folder` are those of a user's own function: the hash of its module's file,
    and where that is looked for besides what is installed.
    """

    name: str
    path: str
    greater_is_better: bool
    needs: Needs
    tasks: frozenset[TaskName]
    title: str
    arguments: Mapping[str, ParamValue] = field(default_factory=dict)
    chooses_threshold: bool = False
    domain: Domain = "any"
    objective: Objective = "squared"
    level: float | None = None
    source: str | None = None
    folder: str | None = None

    @property
    def label(self) -> str:
        """Its name for people, with its level where it has one."""
        return self.name if self.level is None else f"{self.name} at {self.level:g}"

    def loss(self, score: float) -> float:
        """The score as a number of which less is better; the loss of a loss is the score again."""
        return -score if self.greater_is_better else score


_CLASSES: frozenset[TaskName] = frozenset({"binary", "multiclass"})
_BINARY: frozenset[TaskName] = frozenset({"binary"})
_MULTI: frozenset[TaskName] = frozenset({"multiclass"})
_QUANTITY: frozenset[TaskName] = frozenset({"regression"})
_SK = "sklearn.metrics."
_MACRO: Mapping[str, ParamValue] = {"average": "macro", "zero_division": 0}
_WEIGHTED: Mapping[str, ParamValue] = {"average": "weighted", "zero_division": 0}
_PLAIN: Mapping[str, ParamValue] = {"zero_division": 0}

_PROBABILITIES: tuple[Metric, ...] = (
    Metric("roc_auc", _SK + "roc_auc_score", True, "probability", _CLASSES, "area under the ROC curve"),
    Metric("roc_auc_ovr", _SK + "roc_auc_score", True, "probability", _MULTI, "area under the ROC curve, one vs rest"),
    Metric("average_precision", _SK + "average_precision_score", True, "probability", _BINARY, "average precision"),
    Metric("log_loss", _SK + "log_loss", False, "probability", _CLASSES, "logarithmic loss"),
    Metric("brier", _SK + "brier_score_loss", False, "probability", _CLASSES, "Brier score"),
)
_LABELS: tuple[Metric, ...] = (
    Metric("accuracy", _SK + "accuracy_score", True, "label", _CLASSES, "share of right labels"),
    Metric(
        "balanced_accuracy", _SK + "balanced_accuracy_score", True, "label", _CLASSES, "mean recall over the classes"
    ),
    Metric("f1", _SK + "f1_score", True, "label", _BINARY, "F1 of the positive class", _PLAIN),
    Metric("f1_macro", _SK + "f1_score", True, "label", _CLASSES, "mean F1 over the classes", _MACRO),
    Metric("f1_weighted", _SK + "f1_score", True, "label", _CLASSES, "F1 weighted by class", _WEIGHTED),
    Metric("mcc", _SK + "matthews_corrcoef", True, "label", _CLASSES, "Matthews correlation"),
    Metric("cohen_kappa", _SK + "cohen_kappa_score", True, "label", _CLASSES, "Cohen's kappa"),
)
# A threshold of their own choice would be degenerate: all rows positive is perfect recall.
_HALVES: tuple[Metric, ...] = (
    Metric("precision", _SK + "precision_score", True, "label", _BINARY, "precision of the positive class", _PLAIN),
    Metric("recall", _SK + "recall_score", True, "label", _BINARY, "recall of the positive class", _PLAIN),
    Metric("precision_macro", _SK + "precision_score", True, "label", _CLASSES, "mean precision of classes", _MACRO),
    Metric("recall_macro", _SK + "recall_score", True, "label", _CLASSES, "mean recall of classes", _MACRO),
)
_VALUES: tuple[Metric, ...] = (
    Metric("rmse", _SK + "root_mean_squared_error", False, "value", _QUANTITY, "root mean squared error"),
    Metric("mae", _SK + "mean_absolute_error", False, "value", _QUANTITY, "mean absolute error", objective="absolute"),
    Metric(
        "median_ae", _SK + "median_absolute_error", False, "value", _QUANTITY, "median absolute error",
        objective="absolute",
    ),
    Metric(
        "mape", _SK + "mean_absolute_percentage_error", False, "value", _QUANTITY, "mean absolute error, relative",
        domain="not_zero", objective="mape",
    ),
    Metric(
        "smape", "automl.measure.symmetric_error", False, "value", _QUANTITY, "symmetric relative error, from 0 to 2",
        objective="absolute",
    ),
    Metric("r2", _SK + "r2_score", True, "value", _QUANTITY, "share of variance explained"),
    Metric(
        "rmsle", _SK + "root_mean_squared_log_error", False, "value", _QUANTITY, "root mean squared logarithmic error",
        domain="not_negative",
    ),
    Metric(
        "poisson_deviance", _SK + "mean_poisson_deviance", False, "value", _QUANTITY, "mean Poisson deviance",
        domain="not_negative", objective="poisson",
    ),
    Metric(
        "gamma_deviance", _SK + "mean_gamma_deviance", False, "value", _QUANTITY, "mean gamma deviance",
        domain="positive", objective="gamma",
    ),
    Metric(
        "pinball", _SK + "mean_pinball_loss", False, "value", _QUANTITY, "pinball (quantile) loss",
        objective="quantile", level=0.5,
    ),
)  # fmt: skip

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *_PROBABILITIES,
        *(replace(metric, chooses_threshold=True) for metric in _LABELS),
        *_HALVES,
        *_VALUES,
    )
}


def at_level(metric: Metric, level: float | None) -> Metric:
    """The metric at another level; unchanged for None."""
    return metric if level is None else replace(metric, level=level)
