"""Fits `runtime.one_hot`: the levels of each column and the output column of each level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.runtime.state import State

from .levels import SeenLevels, seen_levels
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns.

    Params: min_count: levels in fewer rows share one output column, behind the others; unknown_category: a level not
    seen in training counts as a rare one ("other") or as missing ("missing"). Missing values have an output column
    where training had some.
    """
    (columns,) = inputs
    seen = [seen_levels(column) for column in columns.values()]
    arrays: dict[str, npt.NDArray[np.int64]] = {}
    width = 0
    for j, found in enumerate(seen):
        arrays[f"slots_{j}"], width = _slots(found, width, params)
    return State(
        values={"columns": list(columns), "levels": [found.levels for found in seen], "width": width}, arrays=arrays
    )


def _slots(seen: SeenLevels, first: int, params: Mapping[str, Any]) -> tuple[npt.NDArray[np.int64], int]:
    """The output column of each level, of missing and of unknown (-1: none), and the first column that is free."""
    common = [count >= params["min_count"] for count in seen.counts]
    free = first + sum(common)
    rare = missing = -1
    if not all(common):
        rare, free = free, free + 1
    if seen.missing:
        missing, free = free, free + 1
    common_slots = iter(range(first, first + sum(common)))
    slots = [next(common_slots) if is_common else rare for is_common in common]
    unknown = missing if params["unknown_category"] == "missing" else rare
    return np.array([*slots, missing, unknown], dtype=np.int64), free
