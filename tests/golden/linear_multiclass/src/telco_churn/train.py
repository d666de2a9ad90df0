"""How the winner was fitted: every cut of the rows, every cross-fit, every fit, with its parameters and its seed.

`fit_all` is what `python -m telco_churn refit` runs over the training data, which refit.py reads.
"""

from __future__ import annotations

from . import pipeline
from .fitting import impute, logistic, numbers, one_hot, standardise, target_mean
from .scoring.columns import Matrix
from .scoring.state import State
from .tables import Cut, Table, stitch

# How a cross-fit cuts the rows: into 3 parts, each encoded by a fit on the others.
INNER = Cut(kind="stratified", folds=3, seed=7)


def fit_all(table: Table) -> dict[str, State]:
    """Fit every step on all rows, in order; each reads what the steps before it give for the training rows."""
    states: dict[str, State] = {}

    # Numbers, whole numbers and booleans as they are; a value never seen missing gets the training median.
    states["numbers"] = numbers.fit(
        (table.take(pipeline.NUMBERS_COLUMNS),),
        table.target(),
        {},
        seed=824821773,
    )
    x_numbers = pipeline.apply_numbers(states, table.columns)

    # Missing numbers filled with the median or mean, and marked by indicator columns; reads what numbers gives.
    states["impute"] = impute.fit(
        (x_numbers,),
        table.target(),
        {"strategy": "median"},
        seed=1054563969,
    )
    x_impute = pipeline.apply_impute(states, x_numbers)

    # Every feature with mean 0 and standard deviation 1; reads what impute gives.
    states["scale"] = standardise.fit(
        (x_impute,),
        table.target(),
        {},
        seed=934921589,
    )
    x_scale = pipeline.apply_scale(states, x_impute)

    # One 0/1 column per category; rare categories share one, missing values have their own; reads 1 column.
    states["levels"] = one_hot.fit(
        (table.take(pipeline.LEVELS_COLUMNS),),
        table.target(),
        {"min_count": 2, "unknown_category": "other"},
        seed=699709579,
    )
    x_levels = pipeline.apply_levels(states, table.columns)

    # Categories as the smoothed mean of the target, fitted on other rows than those it is trained with.
    states["means"] = target_mean.fit(
        (table.take(pipeline.MEANS_COLUMNS),),
        table.target(),
        {"smoothing": 5.0, "unknown_category": "other"},
        seed=156060596,
    )
    x_means = cross_means(table)

    # The features of several steps side by side; reads what scale, levels and means give.
    x_join = pipeline.apply_join(x_scale, x_levels, x_means)

    # Logistic regression with an L2 penalty; reads what join gives.
    states["logistic"] = logistic.fit(
        (x_join,),
        table.target(),
        {"C": 1.0, "class_weight": "none"},
        seed=1275297679,
    )
    return states


def cross_means(table: Table) -> Matrix:
    """What the steps behind means are trained on: each row as a fit gives it that has not seen that row."""
    seeds = (1953552382, 1132619638, 1622027075)
    parts = []
    for fold, seed in enumerate(seeds):
        inside, outside = INNER.sides(table, fold)
        state = target_mean.fit(
            (table.take(pipeline.MEANS_COLUMNS, inside),),
            table.target(inside),
            {"smoothing": 5.0, "unknown_category": "other"},
            seed=seed,
        )
        seen = table.take(pipeline.MEANS_COLUMNS, outside)
        view = pipeline.apply_means({"means": state}, seen)
        parts.append((outside, view))
    return stitch(table.rows, parts)
