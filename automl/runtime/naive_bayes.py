"""Gaussian naive Bayes: features that are normal and independent within each class."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .linear import among_all, softmax, weighted_sums
from .state import State

LIMIT = 1e100  # values beyond count as this much: their squares stay finite


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, classes) of probabilities. A class that training did not see has probability 0."""
    arrays = state.arrays
    x, seen, classes = np.clip(x, -LIMIT, LIMIT), arrays["seen"], state.values["classes"]
    scores = np.zeros((len(x), len(seen)), dtype=np.float64)
    for k in range(len(seen)):
        squares = np.square(x - arrays["means"][k])
        scores[:, k] = weighted_sums(squares, arrays["factors"][k : k + 1], arrays["starts"][k : k + 1])[:, 0]
    shares = softmax(scores)
    if classes == 2 and len(seen) == 2:
        return np.stack([1.0 - shares[:, 1], shares[:, 1]], axis=1)
    return among_all(shares, seen, classes)
