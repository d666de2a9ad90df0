"""Fits `runtime.standardise`: the mean and standard deviation of each feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix without missing values. A feature that is constant up to rounding keeps its scale."""
    (x,) = inputs
    mean = x.mean(axis=0)
    scale = np.sqrt(np.square(x - mean).mean(axis=0))
    rounding = len(x) * np.finfo(np.float64).eps * np.abs(mean)  # what the mean of equal numbers may be off by
    constant = (scale <= rounding) | (x == x[:1]).all(axis=0)
    return State(arrays={"mean": mean, "scale": np.where(constant, 1.0, scale)})
