"""The winner, step by step: 7 steps, from the columns of a table to its prediction.

Every step is one function. `predict_matrix` runs them in order. What a step knows from training (its State) lies in
artifacts/ under the name that `ARTIFACTS` gives.
"""

from __future__ import annotations

from collections.abc import Mapping

from .scoring import impute, join, logistic, numbers, one_hot, standardise, target_mean
from .scoring.columns import Columns, Matrix
from .scoring.state import State

States = Mapping[str, State]

ARTIFACTS = {
    "numbers": "numbers",
    "impute": "impute",
    "scale": "scale",
    "levels": "levels",
    "means": "means",
    "logistic": "logistic",
}

NUMBERS_COLUMNS = ("age", "income")

LEVELS_COLUMNS = ("plan",)

MEANS_COLUMNS = ("city",)


def apply_numbers(states: States, columns: Columns) -> Matrix:
    """Numbers, whole numbers and booleans as they are; a value never seen missing gets the training median."""
    chosen = {name: columns[name] for name in NUMBERS_COLUMNS}
    return numbers.apply(states["numbers"], chosen)


def apply_impute(states: States, x_numbers: Matrix) -> Matrix:
    """Missing numbers filled with the median or mean, and marked by indicator columns; reads what numbers gives."""
    return impute.apply(states["impute"], x_numbers)


def apply_scale(states: States, x_impute: Matrix) -> Matrix:
    """Every feature with mean 0 and standard deviation 1; reads what impute gives."""
    return standardise.apply(states["scale"], x_impute)


def apply_levels(states: States, columns: Columns) -> Matrix:
    """One 0/1 column per category; rare categories share one, missing values have their own; reads 1 column."""
    chosen = {name: columns[name] for name in LEVELS_COLUMNS}
    return one_hot.apply(states["levels"], chosen)


def apply_means(states: States, columns: Columns) -> Matrix:
    """Categories as the smoothed mean of the target, fitted on other rows than those it is trained with."""
    chosen = {name: columns[name] for name in MEANS_COLUMNS}
    return target_mean.apply(states["means"], chosen)


def apply_join(x_scale: Matrix, x_levels: Matrix, x_means: Matrix) -> Matrix:
    """The features of several steps side by side; reads what scale, levels and means give."""
    return join.apply(State(), x_scale, x_levels, x_means)


def apply_logistic(states: States, x_join: Matrix) -> Matrix:
    """Logistic regression with an L2 penalty; reads what join gives."""
    return logistic.apply(states["logistic"], x_join)


def predict_matrix(states: States, columns: Columns) -> Matrix:
    """The prediction for every row. Shape (rows, 3): probabilities."""
    x_numbers = apply_numbers(states, columns)
    x_impute = apply_impute(states, x_numbers)
    x_scale = apply_scale(states, x_impute)
    x_levels = apply_levels(states, columns)
    x_means = apply_means(states, columns)
    x_join = apply_join(x_scale, x_levels, x_means)
    return apply_logistic(states, x_join)
