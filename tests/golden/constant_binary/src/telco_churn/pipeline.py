"""The winner, step by step: 1 steps, from the columns of a table to its prediction.

Every step is one function. `predict_matrix` runs them in order. What a step knows from training (its State) lies in
artifacts/ under the name that `ARTIFACTS` gives.
"""

from __future__ import annotations

from collections.abc import Mapping

from .scoring import constant
from .scoring.columns import Columns, Matrix
from .scoring.state import State

States = Mapping[str, State]

ARTIFACTS = {"constant": "constant"}

CONSTANT_COLUMNS = ("age",)


def apply_constant(states: States, columns: Columns) -> Matrix:
    """The same prediction for every row: the shares of the classes, or the mean (median, quantile); reads 1 column."""
    chosen = {name: columns[name] for name in CONSTANT_COLUMNS}
    return constant.apply(states["constant"], chosen)


def predict_matrix(states: States, columns: Columns) -> Matrix:
    """The prediction for every row. Shape (rows, 2): probabilities."""
    return apply_constant(states, columns)
