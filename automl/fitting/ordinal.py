"""Fits `runtime.ordinal`: the sorted levels of each column, and the codes of rare ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.runtime.state import State

from .levels import SeenLevels, level_values, seen_levels
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns.

    Params: unknown_category: "missing" gives NaN, else unknown levels share a new code; min_count: levels in fewer rows
    share one code, behind the others, and unknown levels have that code too (1, or left out: no level is rare).
    """
    (columns,) = inputs
    seen = [seen_levels(column) for column in columns.values()]
    least = params.get("min_count", 1)
    values = level_values(columns, seen, params)
    if least <= 1:
        return State(values=values)
    as_missing = params["unknown_category"] == "missing"
    return State(values=values, arrays={f"codes_{j}": _codes(found, least, as_missing) for j, found in enumerate(seen)})


def _codes(seen: SeenLevels, least: int, as_missing: bool) -> npt.NDArray[np.int64]:
    """The code of each level, then that of an unknown one (-1: missing)."""
    common = np.array(seen.counts, dtype=np.int64) >= least
    rare = int(common.sum())
    codes = np.where(common, np.cumsum(common) - 1, rare)
    return np.append(codes, -1 if as_missing else rare).astype(np.int64)
