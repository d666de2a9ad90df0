"""Ridge regression: a weighted sum."""

from __future__ import annotations

from .columns import Matrix
from .linear import weighted_sums
from .state import State


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, 1)."""
    return weighted_sums(x, state.arrays["weights"], state.arrays["intercepts"])
