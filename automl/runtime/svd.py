"""The main directions of a wide matrix: each row as a few numbers."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .linear import weighted_sums
from .sparse import Features
from .state import State


def apply(state: State, x: Features) -> Matrix:
    """Shape (rows, directions): how far each row reaches along each direction."""
    directions = state.arrays["directions"]  # shape (directions, features)
    return weighted_sums(x, directions, np.zeros(len(directions)))
