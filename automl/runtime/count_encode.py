"""Categories as how often they occur in training."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Matrix
from .levels import slots_of
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, columns): the number of training rows with the same value, or log(1 + that), by the fit.

    `counts_<j>` of the State: of each level of column j, then of a missing value, then of an unknown one.
    """
    found = [state.arrays[f"counts_{j}"][slots] for j, slots in enumerate(slots_of(state, columns))]
    return np.stack(found, axis=1)
