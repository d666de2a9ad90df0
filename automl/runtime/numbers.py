"""Numbers, whole numbers and booleans as the columns of a matrix."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix, floats, row_count
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, columns). A missing value stays NaN where training had some, else becomes the training median.

    The median is the answer to a value that the model has never seen missing. Non-finite numbers count as missing.
    """
    names = state.values["columns"]
    out = np.empty((row_count(columns), len(names)), dtype=np.float64)
    for j, (name, had_missing, median) in enumerate(
        zip(names, state.values["had_missing"], state.arrays["medians"], strict=True)
    ):
        column = floats(columns[name])
        out[:, j] = np.where(np.isfinite(column), column, np.nan if had_missing else median)
    return out
