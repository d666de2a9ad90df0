"""Points in time as numbers: seven parts of each, all in UTC."""

from __future__ import annotations

import numpy as np

from .columns import Columns, Floats, Matrix, floats
from .state import State

PARTS = ("year", "month", "day", "weekday", "hour", "day_of_year", "days")  # days: since 1970, with fractions
_FIRST, _LAST = -62135596800.0, 253402300799.0  # the years 1 to 9999; times beyond count as these ends
_DAY = 86400.0


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, 7 * columns), the parts of each column in the order of `PARTS`.

    Months and days count from 1, weekdays from 0 (Monday). All parts of a missing time are NaN where training had
    missing times, else they are those of the training median.
    """
    known = zip(state.values["columns"], state.values["had_missing"], state.arrays["medians"], strict=True)
    parts = []
    for name, had_missing, median in known:
        column = floats(columns[name])
        parts.append(_parts(np.where(np.isfinite(column), column, np.nan if had_missing else median)))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def _parts(seconds: Floats) -> Matrix:
    known = np.isfinite(seconds)
    within = np.clip(np.where(known, seconds, 0.0), _FIRST, _LAST)
    times = np.floor(within).astype(np.int64).astype("datetime64[s]")
    days = times.astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    out = np.empty((len(seconds), len(PARTS)), dtype=np.float64)
    out[:, 0] = years.astype(np.int64) + 1970
    out[:, 1] = (months - years.astype("datetime64[M]")).astype(np.int64) + 1
    out[:, 2] = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    out[:, 3] = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    out[:, 4] = (times - days.astype("datetime64[s]")).astype(np.int64) // 3600
    out[:, 5] = (days - years.astype("datetime64[D]")).astype(np.int64) + 1
    out[:, 6] = within / _DAY
    out[~known] = np.nan
    return out
