"""A confidence interval of a score on the holdout, by the percentile bootstrap (Efron, 1979)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from automl.runtime.columns import Ints

RESAMPLES = 200
ROW_VISITS = 4_000_000  # larger holdouts are resampled less often: their intervals are narrow anyhow
FEWEST = 20
ENDS = (2.5, 97.5)


def resamples(rows: int) -> int:
    """How often so many rows are resampled."""
    return max(FEWEST, min(RESAMPLES, ROW_VISITS // max(rows, 1)))


def interval(score: Callable[[Ints], float], rows: int, seed: int) -> tuple[float, float] | None:
    """The 95 % interval, ascending; None where resamples cannot be scored (too few rows or one class).

    `score` of some of the `rows`, by number and with repeats; it raises ValueError where it is not defined.
    """
    draws = np.random.Generator(np.random.PCG64(seed))
    scores = []
    for _ in range(resamples(rows)):
        at = draws.integers(0, rows, rows)
        try:
            scores.append(score(at))
        except ValueError:
            continue  # a resample without one of the classes
    if len(scores) < FEWEST:
        return None
    low, high = np.percentile(scores, ENDS)
    return float(low), float(high)
