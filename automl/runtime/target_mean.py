"""Categories as the smoothed mean of the target among the training rows with the same value."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix
from .levels import encode, state_levels
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, columns * outputs): one output for a binary target or a quantity, else one per class.

    `means_<j>` of the State has shape (levels + 2, outputs): the levels, then a missing value, then an unknown one.
    """
    unknown_shift = 0 if state.values["unknown"] == "missing" else 1
    found = []
    for j, (name, index) in enumerate(zip(state.values["columns"], state_levels(state), strict=True)):
        codes = encode(columns[name], index, unknown=index.count + unknown_shift, missing=index.count)
        found.append(state.arrays[f"means_{j}"][codes])
    return np.ascontiguousarray(np.concatenate(found, axis=1))
