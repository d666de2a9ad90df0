"""Fits `runtime.impute`: what fills each feature's missing values, and which features get an indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix. Params: strategy, "median" or "mean" of the values that are there (0 where none is)."""
    (x,) = inputs
    missing = np.isnan(x)
    fill = np.zeros(x.shape[1], dtype=np.float64)
    for j in range(x.shape[1]):
        known = x[~missing[:, j], j]
        if len(known):
            fill[j] = np.median(known) if params["strategy"] == "median" else np.mean(known)
    return State(arrays={"fill": fill, "marked": np.flatnonzero(missing.any(axis=0)).astype(np.int64)})
