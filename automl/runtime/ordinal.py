"""Categories as codes: the position of each value among the sorted levels of the training rows."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix, row_count
from .levels import encode, state_levels
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, columns). A missing value is NaN; an unknown one is NaN too, or a code of its own, by the State.

    `codes_<j>` of the State, where rare levels are grouped: the code of each level, then that of an unknown one.
    """
    names = state.values["columns"]
    out = np.empty((row_count(columns), len(names)), dtype=np.float64)
    for j, (name, index) in enumerate(zip(names, state_levels(state), strict=True)):
        unknown = -1 if state.values["unknown"] == "missing" else index.count
        if (grouped := state.arrays.get(f"codes_{j}")) is None:
            codes = encode(columns[name], index, unknown=unknown, missing=-1)
        else:
            codes = np.append(grouped, -1)[encode(columns[name], index, unknown=index.count, missing=index.count + 1)]
        out[:, j] = np.where(codes < 0, np.nan, codes)
    return out
