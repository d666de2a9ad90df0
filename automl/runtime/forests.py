"""Forests of decision trees: the mean over all trees."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .state import State
from .trees import forest_of, tree_sums


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, classes) of probabilities, or (rows, 1). Missing values go the way that training chose for them."""
    forest = forest_of(state)
    mean = tree_sums(forest, x) / len(forest.roots)
    if state.values["classes"] == 2:
        positive = np.minimum(mean, 1.0)
        return np.concatenate([1.0 - positive, positive], axis=1)
    return mean
