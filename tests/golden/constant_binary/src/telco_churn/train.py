"""How the winner was fitted: every cut of the rows, every cross-fit, every fit, with its parameters and its seed.

`fit_all` is what `python -m telco_churn refit` runs over the training data, which refit.py reads.
"""

from __future__ import annotations

from . import pipeline
from .fitting import constant
from .scoring.state import State
from .tables import Table


def fit_all(table: Table) -> dict[str, State]:
    """Fit every step on all rows, in order; each reads what the steps before it give for the training rows."""
    states: dict[str, State] = {}

    # The same prediction for every row: the shares of the classes, or the mean (median, quantile); reads 1 column.
    states["constant"] = constant.fit(
        (table.take(pipeline.CONSTANT_COLUMNS),),
        table.target(),
        {},
        seed=908728155,
    )
    return states
