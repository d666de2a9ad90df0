"""The winner, step by step: 5 steps, from the columns of a table to its prediction.

Every step is one function. `predict_matrix` runs them in order. What a step knows from training (its State) lies in
artifacts/ under the name that `ARTIFACTS` gives.
"""

from __future__ import annotations

from collections.abc import Mapping

from .scoring import date_parts, join, lightgbm, numbers, ordinal
from .scoring.columns import Columns, Matrix
from .scoring.state import State

States = Mapping[str, State]

ARTIFACTS = {"codes": "codes", "numbers": "numbers", "dates": "dates", "lightgbm": "lightgbm"}

CODES_COLUMNS = ("city", "plan")

NUMBERS_COLUMNS = ("age", "income")

DATES_COLUMNS = ("since",)


def apply_codes(states: States, columns: Columns) -> Matrix:
    """Categories as codes in sorted order; reads city, plan."""
    chosen = {name: columns[name] for name in CODES_COLUMNS}
    return ordinal.apply(states["codes"], chosen)


def apply_numbers(states: States, columns: Columns) -> Matrix:
    """Numbers, whole numbers and booleans as they are; a value never seen missing gets the training median."""
    chosen = {name: columns[name] for name in NUMBERS_COLUMNS}
    return numbers.apply(states["numbers"], chosen)


def apply_dates(states: States, columns: Columns) -> Matrix:
    """Year, month, day, weekday, hour, day of the year and days since 1970, in UTC; reads 1 column."""
    chosen = {name: columns[name] for name in DATES_COLUMNS}
    return date_parts.apply(states["dates"], chosen)


def apply_join(x_codes: Matrix, x_numbers: Matrix, x_dates: Matrix) -> Matrix:
    """The features of several steps side by side; reads what codes, numbers and dates give."""
    return join.apply(State(), x_codes, x_numbers, x_dates)


def apply_lightgbm(states: States, x_join: Matrix) -> Matrix:
    """Gradient boosted trees (LightGBM); reads what join gives."""
    return lightgbm.apply(states["lightgbm"], x_join)


def predict_matrix(states: States, columns: Columns) -> Matrix:
    """The prediction for every row. Shape (rows, 1)."""
    x_codes = apply_codes(states, columns)
    x_numbers = apply_numbers(states, columns)
    x_dates = apply_dates(states, columns)
    x_join = apply_join(x_codes, x_numbers, x_dates)
    return apply_lightgbm(states, x_join)
