"""Logistic regression: probabilities from weighted sums."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .linear import sigmoid, softmax, weighted_sums
from .sparse import Features
from .state import State


def apply(state: State, x: Features) -> Matrix:
    """Shape (rows, classes). A class that training did not see has probability 0.

    One row of weights: the log odds of the second class against the first. More rows: one score per class.
    """
    seen = state.arrays["seen"]  # codes of the classes that the weights stand for
    scores = weighted_sums(x, state.arrays["weights"], state.arrays["intercepts"])
    shares = sigmoid(scores[:, 0]) if len(seen) == 2 else softmax(scores)
    if len(seen) == state.values["classes"]:
        return shares
    out = np.zeros((len(x), state.values["classes"]), dtype=np.float64)
    out[:, seen] = shares
    return out
