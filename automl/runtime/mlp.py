"""A network of fully connected layers: weighted sums, cut off below zero between the layers."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .linear import probabilities, weighted_sums
from .state import State

LIMIT = 1e6  # inputs beyond count as this many standard deviations: what follows from them stays finite


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, classes) of probabilities, or (rows, 1). A class that training did not see has probability 0."""
    classes, layers = state.values["classes"], state.values["layers"]
    out: Matrix = np.clip(x, -LIMIT, LIMIT)
    for k in range(layers):
        out = weighted_sums(out, state.arrays[f"weights_{k}"], state.arrays[f"intercepts_{k}"])
        if k < layers - 1:
            out = np.maximum(out, 0.0)
    if classes == 0:
        return np.array(out * state.arrays["scale"] + state.arrays["mean"])
    return probabilities(out, state.arrays["seen"], classes)
