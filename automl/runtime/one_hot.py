"""Categories as 0/1 columns: one per level, one for rare levels, one for missing values."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix, row_count
from .levels import encode, state_levels
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, width), zeros and ones.

    `slots_<j>` of the State names the output column of each level of input column j, then that of a missing value,
    then that of a level unseen in training; -1 where there is none, and the row has zeros only.
    """
    out = np.zeros((row_count(columns), state.values["width"]), dtype=np.float64)
    for j, (name, index) in enumerate(zip(state.values["columns"], state_levels(state), strict=True)):
        codes = encode(columns[name], index, unknown=index.count + 1, missing=index.count)
        slots = state.arrays[f"slots_{j}"][codes]
        rows = np.flatnonzero(slots >= 0)
        out[rows, slots[rows]] = 1.0
    return out
