"""Fits `runtime.ordinal`: the sorted levels of each column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.runtime.state import State

from .levels import seen_levels
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns. Params: unknown_category: "missing" gives NaN, else unknown levels share a new code."""
    (columns,) = inputs
    return State(
        values={
            "columns": list(columns),
            "levels": [seen_levels(column).levels for column in columns.values()],
            "unknown": params["unknown_category"],
        }
    )
