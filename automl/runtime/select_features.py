"""Some of the features of a matrix."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .state import State


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, kept features), in their order."""
    return np.ascontiguousarray(x[:, state.arrays["kept"]])
