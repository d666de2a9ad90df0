"""The nearest training rows: their mean, weighted by how near they are where that is asked for."""

from __future__ import annotations

import numpy as np

from .columns import Floats, Ints, Matrix
from .linear import weighted_sums
from .state import State

SPARE = 16  # rows beyond the k nearest whose distances are computed exactly, after a fast and rougher choice


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, classes) of probabilities, or (rows, 1). Row by row: a row's neighbours depend on nothing else."""
    out = np.zeros((len(x), state.arrays["outputs"].shape[1]), dtype=np.float64)
    for i in range(len(x)):
        out[i] = _mean(state, *_nearest(state, np.ascontiguousarray(x[i])))
    if state.values["classes"] == 2:
        return np.concatenate([1.0 - out, out], axis=1)
    return out


def _nearest(state: State, row: Floats) -> tuple[Ints, Floats]:
    """The k nearest training rows and their Euclidean distances, the nearest first, ties in the order of the rows."""
    rows, k = state.arrays["rows"], int(state.values["k"])
    rough = state.arrays["squares"] - 2.0 * weighted_sums(row[np.newaxis], rows, np.zeros(len(rows)))[0]
    near = np.arange(len(rows))
    if k + SPARE < len(rows):
        near = np.sort(np.argpartition(rough, k + SPARE)[: k + SPARE])
    away = rows[near] - row
    exact = np.sqrt(weighted_sums(np.square(away), np.ones((1, rows.shape[1])), np.zeros(1))[:, 0])
    order = np.argsort(exact, kind="stable")[:k]
    return near[order], exact[order]


def _mean(state: State, near: Ints, distances: Floats) -> Floats:
    """The mean of the neighbours' outputs. At distance 0, with weights by distance, only rows at distance 0 count."""
    weights = state.arrays["weights"][near]
    if state.values["by_distance"]:
        exact = distances == 0.0
        with np.errstate(divide="ignore"):
            weights = weights * (exact if exact.any() else 1.0 / distances)
    total = np.add.accumulate(weights)[-1]
    mean: Floats = np.add.accumulate(weights[:, np.newaxis] * state.arrays["outputs"][near])[-1] / total
    return np.clip(mean, 0.0, 1.0) if state.values["classes"] else mean
