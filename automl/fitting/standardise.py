"""Fits `runtime.standardise`: the mean and standard deviation of each feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.runtime.state import State

from .spread import mean_and_deviation
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix without missing values. A feature that is constant up to rounding keeps its scale.

    A row counts for its weight.
    """
    mean, scale = mean_and_deviation(inputs[0], target.weights)
    return State(arrays={"mean": mean, "scale": scale})
