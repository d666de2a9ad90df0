"""What linear models share: weighted sums and probabilities that have the same bits for one row and for many.

Matrix products go through BLAS, whose order of summation depends on the shape; `np.einsum` sums each row alone, as
long as a row fits into numpy's iteration buffer of 8192 numbers: wider matrices are summed block by block.
"""

from __future__ import annotations

import numpy as np

from .columns import Floats, Ints, Matrix
from .sparse import Features, Sparse, sparse_sums

BLOCK = 4096
ROWS = 512  # so many rows are summed with all weights before the next ones: they stay in the cache


def weighted_sums(x: Features, weights: Matrix, intercepts: Floats) -> Matrix:
    """x @ weights.T + intercepts, row by row. Shapes (rows, features), (outputs, features), (outputs,).

    Each sum is one of `einsum` over one row and one output, whichever of the two there are more of.
    """
    if isinstance(x, Sparse):
        return sparse_sums(x, weights) + intercepts
    out = np.zeros((len(x), len(weights)), dtype=np.float64)
    for start in range(0, x.shape[1], BLOCK):
        factors = np.ascontiguousarray(weights[:, start : start + BLOCK])
        for first in range(0, len(x), ROWS):
            block = np.ascontiguousarray(x[first : first + ROWS, start : start + BLOCK])
            out[first : first + ROWS] += (
                _sums(block, factors) if len(block) >= len(factors) else _sums(factors, block).T
            )
    return out + intercepts


def _sums(many: Matrix, few: Matrix) -> Matrix:
    """Shape (many, few)."""
    return np.stack([np.einsum("ij,j->i", many, row) for row in few], axis=1)


def probabilities(scores: Matrix, seen: Ints, classes: int) -> Matrix:
    """Shape (rows, classes), from the scores of the classes `seen` in training; another class has probability 0.

    Of two classes seen there is one score, the log odds of the second; of more, one for each.
    """
    return among_all(sigmoid(scores[:, 0]) if len(seen) == 2 else softmax(scores), seen, classes)


def among_all(shares: Matrix, seen: Ints, classes: int) -> Matrix:
    """Shape (rows, classes): the probabilities of the classes `seen`, and 0 for the others."""
    if len(seen) == classes:
        return shares
    out = np.zeros((len(shares), classes), dtype=np.float64)
    out[:, seen] = shares
    return out


def sigmoid(scores: Floats) -> Matrix:
    """Probabilities of (negative, positive), shape (rows, 2), from log odds of shape (rows,). Never overflows."""
    small = np.exp(-np.abs(scores))
    positive = np.where(scores >= 0.0, 1.0, small) / (1.0 + small)
    return np.stack([1.0 - positive, positive], axis=1)


def softmax(scores: Matrix) -> Matrix:
    """Probabilities of the classes, each row sums to 1. Shape (rows, classes). Never overflows."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    total = np.zeros(len(scores))
    for k in range(shares.shape[1]):  # one fixed order of summation, whatever the number of rows
        total += shares[:, k]
    return np.ascontiguousarray(shares / total[:, np.newaxis])
