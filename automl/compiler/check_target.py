"""Pass: the target's values lie where the metrics are defined."""

from __future__ import annotations

import numpy as np

from automl.catalog.metrics import METRICS, Domain, Metric
from automl.compiler.draft import Draft
from automl.spec.places import Path

LARGEST = 1e150  # squares of larger values leave the range of numbers
WANTED: dict[Domain, str] = {"not_negative": "zero or more", "positive": "more than zero"}


def check_target(draft: Draft) -> Draft:
    """DATA081 where the optimised metric, or one of a criterion, is not defined for the target; DATA082, a warning."""
    draft = _check_size(draft)
    named: list[tuple[Path, Metric]] = [(("metric",), draft.scorer)]
    named += [
        (("accept", i, "metric"), METRICS[criterion.metric])
        for i, criterion in enumerate(draft.resolved.accept)
        if criterion.metric in METRICS and criterion.metric != draft.resolved.metric
    ]
    for path, metric in named:
        draft = _check(draft, path, metric)
    return draft


def _check_size(draft: Draft) -> Draft:
    """DATA083 where squared errors would overflow."""
    if draft.task != "regression" or draft.dataset is None:
        return draft
    most = float(np.abs(draft.dataset.target).max())
    if most <= LARGEST:
        return draft
    message = (
        f"target {draft.resolved.data.target!r} has values of up to {most:g}: their squares are beyond all numbers"
    )
    hint = "divide the target by a power of ten"
    return draft.find(draft.loaded.places.diagnostic("error", "DATA083", ("data", "target"), message, hint, "value"))


def _check(draft: Draft, path: Path, metric: Metric) -> Draft:
    if metric.domain == "any" or draft.dataset is None:
        return draft
    target, name = draft.dataset.target, draft.resolved.data.target
    places = draft.loaded.places
    if metric.domain == "not_zero":
        zeros = int(np.count_nonzero(target == 0))
        if not zeros:
            return draft
        message = f"{zeros} of {len(target)} values of target {name!r} are zero: {metric.name} divides by them"
        return draft.find(
            places.diagnostic("warning", "DATA082", path, message, "mae or smape may suit better", "value")
        )
    outside = target < 0 if metric.domain == "not_negative" else target <= 0
    if not outside.any():
        return draft
    message = f"{metric.name} needs a target of {WANTED[metric.domain]}, "
    message += f"but {int(outside.sum())} of {len(target)} values of {name!r} are not (the least is {target.min():g})"
    return draft.find(places.diagnostic("error", "DATA081", path, message, "use rmse or mae", "value"))
