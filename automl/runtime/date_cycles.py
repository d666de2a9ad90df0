"""Points in time on their circles: December stands beside January, Sunday beside Monday."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix
from .date_parts import PARTS
from .date_parts import apply as date_parts
from .state import State

CYCLES = {"month": (1, 12), "weekday": (0, 7), "hour": (0, 24), "day_of_year": (1, 366)}  # first value, how many


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, 8 * columns): sine and cosine of each of `CYCLES`, for one column after the other.

    Missing times are treated as by `date_parts`: NaN where training had some, else the median time.
    """
    parts = date_parts(state, columns)
    count = parts.shape[1] // len(PARTS)
    out = np.empty((len(parts), 2 * len(CYCLES) * count), dtype=np.float64)
    for k in range(count):
        for i, (name, (first, length)) in enumerate(CYCLES.items()):
            values = parts[:, k * len(PARTS) + PARTS.index(name)]
            at = 2 * (k * len(CYCLES) + i)
            out[:, at : at + 2] = _on_circle(values, first, length)
    return out


def _on_circle(values: Matrix, first: int, length: int) -> Matrix:
    """Shape (rows, 2). Looked up in a table of the circle: the same bits for one row and for many."""
    angles = 2.0 * np.pi * np.arange(length, dtype=np.float64) / length
    table = np.stack([np.append(np.sin(angles), np.nan), np.append(np.cos(angles), np.nan)], axis=1)
    known = np.isfinite(values)
    return table[np.where(known, np.where(known, values, 0.0) - first, length).astype(np.int64)]
