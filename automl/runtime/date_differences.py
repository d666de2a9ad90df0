"""How many days lie between two points in time of a row."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Floats, Matrix, floats, row_count
from .state import State

_FIRST, _LAST = -62135596800.0, 253402300799.0  # the years 1 to 9999; times beyond count as these ends
_DAY = 86400.0


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, pairs): days from the first to the second time of each pair of the State.

    Where either is missing: NaN if training had such rows, else the median difference of training.
    """
    pairs = state.values["pairs"]
    out = np.empty((row_count(columns), len(pairs)), dtype=np.float64)
    known = zip(pairs, state.values["had_missing"], state.arrays["medians"], strict=True)
    for j, ((first, second), had_missing, median) in enumerate(known):
        days = days_between(floats(columns[first]), floats(columns[second]))
        out[:, j] = np.where(np.isnan(days), np.nan if had_missing else median, days)
    return out


def days_between(first: Floats, second: Floats) -> Floats:
    """Days from the one to the other, with fractions; NaN where either is missing."""
    return (_within(second) - _within(first)) / _DAY


def _within(seconds: Floats) -> Floats:
    return np.clip(np.where(np.isfinite(seconds), seconds, np.nan), _FIRST, _LAST)
