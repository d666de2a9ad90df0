"""Ridge regression: a weighted sum."""

from __future__ import annotations

from .columns import Matrix
from .linear import weighted_sums
from .sparse import Features
from .state import State


def apply(state: State, x: Features) -> Matrix:
    """Shape (rows, 1)."""
    return weighted_sums(x, state.arrays["weights"], state.arrays["intercepts"])
