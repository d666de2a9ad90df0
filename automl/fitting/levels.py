"""Which levels a column has in the rows of a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.runtime.columns import Column, Columns, Text


@dataclass(frozen=True)
class SeenLevels:
    """The levels that occur, sorted, as JSON values; how often each occurs; how many rows are missing."""

    levels: list[str] | list[float]
    counts: list[int]
    missing: int


def seen_levels(column: Column) -> SeenLevels:
    """Texts are sorted by code point, numbers by size. Neither the table's dictionary nor its order leaves a trace."""
    if isinstance(column, Text):
        return _seen_texts(column)
    known = column[np.isfinite(column)] + 0.0  # -0.0 and 0.0 are one level
    numbers, counts = np.unique(known, return_counts=True)
    return SeenLevels([float(v) for v in numbers], [int(c) for c in counts], len(column) - len(known))


def level_values(columns: Columns, seen: Sequence[SeenLevels], params: Mapping[str, Any]) -> dict[str, Any]:
    """What a State says of its columns: their names, their levels, and what an unknown level counts as."""
    return {
        "columns": list(columns),
        "levels": [found.levels for found in seen],
        "unknown": params["unknown_category"],
    }


def _seen_texts(column: Text) -> SeenLevels:
    known = column.codes[column.codes >= 0]
    found: dict[str, int] = {}
    for level, count in zip(column.levels, np.bincount(known, minlength=len(column.levels)), strict=True):
        if count:
            found[level] = found.get(level, 0) + int(count)
    levels = sorted(found)
    return SeenLevels(levels, [found[level] for level in levels], len(column) - len(known))
