"""Fits `runtime.numbers`: the median of each column, and whether it had missing values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.columns import floats
from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns. The median of a column without any value is 0."""
    (columns,) = inputs
    known = [column[np.isfinite(column)] for column in map(floats, columns.values())]
    return State(
        values={
            "columns": list(columns),
            "had_missing": [len(k) < len(c) for k, c in zip(known, columns.values(), strict=True)],
        },
        arrays={"medians": np.array([np.median(k) if len(k) else 0.0 for k in known], dtype=np.float64)},
    )
