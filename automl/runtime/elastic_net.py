"""Linear models with a penalty that sets weights to zero: a weighted sum, or probabilities from weighted sums."""

from __future__ import annotations

from . import logistic, ridge
from .columns import Matrix
from .state import State


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, classes) of probabilities, or (rows, 1)."""
    return logistic.apply(state, x) if state.values["classes"] else ridge.apply(state, x)
