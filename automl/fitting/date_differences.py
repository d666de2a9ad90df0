"""Fits `runtime.date_differences`: which pairs of columns, and the median difference of each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, islice
from typing import Any

import numpy as np

from automl.runtime.columns import floats
from automl.runtime.date_differences import days_between
from automl.runtime.state import State

from .target import Target

MOST_PAIRS = 10


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns, seconds since 1970. The first ten pairs, in the order of the columns."""
    (columns,) = inputs
    pairs = list(islice(combinations(columns, 2), MOST_PAIRS))
    days = [days_between(floats(columns[first]), floats(columns[second])) for first, second in pairs]
    known = [each[~np.isnan(each)] for each in days]
    return State(
        values={
            "pairs": [list(pair) for pair in pairs],
            "had_missing": [len(some) < len(each) for some, each in zip(known, days, strict=True)],
        },
        arrays={"medians": np.array([np.median(some) if len(some) else 0.0 for some in known], dtype=np.float64)},
    )
