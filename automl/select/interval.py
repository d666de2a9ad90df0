"""A confidence interval of a score on the holdout, by the percentile bootstrap (Efron, 1979)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from automl.catalog.metrics import Metric
from automl.measure import measure
from automl.runtime.columns import Matrix

RESAMPLES = 200
ROW_VISITS = 4_000_000  # larger holdouts are resampled less often: their intervals are narrow anyhow
FEWEST = 20
ENDS = (2.5, 97.5)


def interval(
    metric: Metric,
    prediction: Matrix,
    target: npt.NDArray[np.float64] | npt.NDArray[np.int64],
    classes: int,
    seed: int,
    weights: npt.NDArray[np.float64] | None = None,
) -> tuple[float, float] | None:
    """The 95 % interval, ascending; None where resamples cannot be scored (too few rows or one class)."""
    rows = len(target)
    draws = np.random.Generator(np.random.PCG64(seed))
    scores = []
    for _ in range(max(FEWEST, min(RESAMPLES, ROW_VISITS // max(rows, 1)))):
        at = draws.integers(0, rows, rows)
        try:
            drawn = None if weights is None else weights[at]
            scores.append(measure(metric, prediction[at], target[at], classes, drawn))
        except ValueError:
            continue  # a resample without one of the classes
    if len(scores) < FEWEST:
        return None
    low, high = np.percentile(scores, ENDS)
    return float(low), float(high)
