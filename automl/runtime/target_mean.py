"""Categories as the smoothed mean of the target among the training rows with the same value."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix
from .levels import slots_of
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, columns * outputs): one output for a binary target or a quantity, else one per class.

    `means_<j>` of the State has shape (levels + 2, outputs): the levels, then a missing value, then an unknown one.
    """
    found = [state.arrays[f"means_{j}"][slots] for j, slots in enumerate(slots_of(state, columns))]
    return np.ascontiguousarray(np.concatenate(found, axis=1))
