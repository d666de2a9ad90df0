"""Fits `runtime.count_encode`: how many rows have each level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.state import State

from .levels import level_values, seen_levels
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns.

    Params: log: whether counts are given as log(1 + count); unknown_category: a level not seen in training counts 0
    ("other") or as a missing value does ("missing"). Weights of rows change nothing: how usual a value is, is counted.
    """
    (columns,) = inputs
    seen = [seen_levels(column) for column in columns.values()]
    counts = [np.array([*found.counts, found.missing, 0], dtype=np.float64) for found in seen]
    values = level_values(columns, seen, params)
    shown = [np.log1p(each) if params["log"] else each for each in counts]
    return State(values=values, arrays={f"counts_{j}": each for j, each in enumerate(shown)})
