"""Which levels a column has in the rows of a fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.runtime.columns import Column, Text


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


def _seen_texts(column: Text) -> SeenLevels:
    known = column.codes[column.codes >= 0]
    found: dict[str, int] = {}
    for level, count in zip(column.levels, np.bincount(known, minlength=len(column.levels)), strict=True):
        if count:
            found[level] = found.get(level, 0) + int(count)
    levels = sorted(found)
    return SeenLevels(levels, [found[level] for level in levels], len(column) - len(known))
