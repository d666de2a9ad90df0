"""Logistic regression: probabilities from weighted sums."""

from __future__ import annotations

from .columns import Matrix
from .linear import probabilities, weighted_sums
from .sparse import Features
from .state import State


def apply(state: State, x: Features) -> Matrix:
    """Shape (rows, classes). A class that training did not see has probability 0.

    One row of weights: the log odds of the second class against the first. More rows: one score per class.
    """
    scores = weighted_sums(x, state.arrays["weights"], state.arrays["intercepts"])
    return probabilities(scores, state.arrays["seen"], state.values["classes"])
