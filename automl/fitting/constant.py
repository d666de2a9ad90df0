"""Fits `runtime.constant`: the shares of the classes, or the number that suits the target best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.columns import Floats
from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns, of which only the number of rows matters.

    Params: objective of a regression: the mean for "squared" (where left out), "poisson" and "gamma", the median for
    "absolute", the quantile at `level` for "quantile", the number of the least relative error for "mape".
    """
    if target.classes == 0:
        values = np.asarray(target.values, dtype=np.float64)
        return State(arrays={"output": np.array([_best(values, target.weights, params)], dtype=np.float64)})
    codes = target.values.astype(np.int64)
    if target.weights is None:
        shares = np.bincount(codes, minlength=target.classes) / len(codes)
    else:
        shares = np.bincount(codes, weights=target.weights, minlength=target.classes) / target.weights.sum()
    if target.classes == 2:
        shares[0] = 1.0 - shares[1]
    return State(arrays={"output": shares})


def _best(values: Floats, weights: Floats | None, params: Mapping[str, Any]) -> float:
    objective = params.get("objective", "squared")
    if objective == "quantile":
        return quantile(values, weights, params["level"])
    if objective == "absolute":
        return quantile(values, weights, 0.5)
    if objective == "mape":
        own = np.ones(len(values)) if weights is None else weights
        return quantile(values, own / np.maximum(np.abs(values), np.finfo(np.float64).eps), 0.5)
    return float(values.mean() if weights is None else np.average(values, weights=weights))


def quantile(values: Floats, weights: Floats | None, level: float) -> float:
    """The smallest value that has at least the share `level` of all weight at or below it."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(np.ones(len(values)) if weights is None else weights[order])
    at = int(np.searchsorted(reached, level * reached[-1], side="left"))
    return float(values[order[min(at, len(values) - 1)]])
