"""Every feature of a matrix with mean 0 and standard deviation 1."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .state import State

LIMIT = 1e100  # values beyond count as this many standard deviations: sums over them stay finite


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, features): (x - mean) / scale, with the training rows' mean and standard deviation."""
    with np.errstate(over="ignore"):
        scaled = (x - state.arrays["mean"]) / state.arrays["scale"]
    return np.ascontiguousarray(np.clip(scaled, -LIMIT, LIMIT))
