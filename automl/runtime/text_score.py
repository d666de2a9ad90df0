"""Texts as what a linear model of their words predicts: the scores of the classes, or the quantity."""

from __future__ import annotations

import numpy as np

from . import tfidf
from .columns import Columns, Matrix
from .linear import weighted_sums
from .state import State


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, outputs): the log odds of a binary target, a score per class that was seen, or the value.

    A class that training did not see has the score of the least likely one.
    """
    scores = weighted_sums(tfidf.apply(state, columns), state.arrays["weights"], state.arrays["intercepts"])
    outputs, seen = state.values["outputs"], state.arrays["seen"]
    if outputs == scores.shape[1]:
        return scores
    out = np.repeat(scores.min(axis=1, keepdims=True), outputs, axis=1)
    out[:, seen] = _two_sided(scores) if len(seen) == 2 else scores
    return np.ascontiguousarray(out)


def _two_sided(scores: Matrix) -> Matrix:
    """Scores of both of two classes, from the log odds of the second."""
    return np.concatenate([-scores, scores], axis=1) / 2.0
