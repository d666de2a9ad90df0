"""Missing values of a matrix: filled in, and marked by indicator columns."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .state import State


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, features + indicators): NaN becomes the training statistic of its feature.

    Behind the features stands one 0/1 column for every feature that had missing values in training, in their order.
    """
    missing = np.isnan(x)
    filled = np.where(missing, state.arrays["fill"], x)
    return np.ascontiguousarray(np.concatenate([filled, missing[:, state.arrays["marked"]]], axis=1))
