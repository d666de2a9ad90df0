"""Which values are missing, as 0/1 columns."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix, Text, row_count
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, columns): 1 where the value is missing, of the columns of the State; else 0."""
    names = state.values["columns"]
    out = np.empty((row_count(columns), len(names)), dtype=np.float64)
    for j, name in enumerate(names):
        column = columns[name]
        out[:, j] = column.codes < 0 if isinstance(column, Text) else ~np.isfinite(column)
    return out
