"""Fits `runtime.constant`: the shares of the classes, or the mean of the target, weighted where there are weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns, of which only the number of rows matters."""
    if target.classes == 0:
        return State(arrays={"output": np.array([np.average(target.values, weights=target.weights)], dtype=np.float64)})
    counts = np.bincount(target.values.astype(np.int64), weights=target.weights, minlength=target.classes)
    shares = counts / (len(target.values) if target.weights is None else target.weights.sum())
    if target.classes == 2:
        shares[0] = 1.0 - shares[1]
    return State(arrays={"output": shares})
