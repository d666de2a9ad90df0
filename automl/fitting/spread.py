"""What features are put on one scale with: the mean and the standard deviation of each."""

from __future__ import annotations

import numpy as np

from automl.runtime.columns import Floats, Matrix


def mean_and_deviation(x: Matrix, weights: Floats | None) -> tuple[Floats, Floats]:
    """Two arrays of shape (features,). A feature that is constant up to rounding, or too large to square, has scale 1.

    `weights`: what each row counts for; None: all the same.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.average(x, axis=0, weights=weights)
        scale = np.sqrt(np.average(np.square(x - mean), axis=0, weights=weights))
    rounding = len(x) * np.finfo(np.float64).eps * np.abs(mean)  # what the mean of equal numbers may be off by
    constant = ~np.isfinite(scale) | (scale <= rounding) | (x == x[:1]).all(axis=0)
    return np.where(np.isfinite(mean), mean, 0.0), np.where(constant, 1.0, scale)
