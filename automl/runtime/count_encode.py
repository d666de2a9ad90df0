"""Categories as how often they occur in training."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix, row_count
from .levels import encode, state_levels
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, columns): the number of training rows with the same value, or log(1 + that), by the fit.

    `counts_<j>` of the State: of each level of column j, then of a missing value, then of an unknown one.
    """
    names = state.values["columns"]
    unknown_shift = 0 if state.values["unknown"] == "missing" else 1
    out = np.empty((row_count(columns), len(names)), dtype=np.float64)
    for j, (name, index) in enumerate(zip(names, state_levels(state), strict=True)):
        codes = encode(columns[name], index, unknown=index.count + unknown_shift, missing=index.count)
        out[:, j] = state.arrays[f"counts_{j}"][codes]
    return out
