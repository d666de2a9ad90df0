"""How the winner was fitted: every cut of the rows, every cross-fit, every fit, with its parameters and its seed.

`fit_all` is what `python -m house_prices refit` runs over the training data, which refit.py reads.
"""

from __future__ import annotations

from . import pipeline
from .fitting import date_parts, lightgbm, numbers, ordinal
from .scoring.state import State
from .tables import Table


def fit_all(table: Table) -> dict[str, State]:
    """Fit every step on all rows, in order; each reads what the steps before it give for the training rows."""
    states: dict[str, State] = {}

    # Categories as codes in sorted order; reads city, plan.
    states["codes"] = ordinal.fit(
        (table.take(pipeline.CODES_COLUMNS),),
        table.target(),
        {"unknown_category": "other"},
        seed=741600695,
    )
    x_codes = pipeline.apply_codes(states, table.columns)

    # Numbers, whole numbers and booleans as they are; a value never seen missing gets the training median.
    states["numbers"] = numbers.fit(
        (table.take(pipeline.NUMBERS_COLUMNS),),
        table.target(),
        {},
        seed=824821773,
    )
    x_numbers = pipeline.apply_numbers(states, table.columns)

    # Year, month, day, weekday, hour, day of the year and days since 1970, in UTC; reads 1 column.
    states["dates"] = date_parts.fit(
        (table.take(pipeline.DATES_COLUMNS),),
        table.target(),
        {},
        seed=273071987,
    )
    x_dates = pipeline.apply_dates(states, table.columns)

    # The features of several steps side by side; reads what codes, numbers and dates give.
    x_join = pipeline.apply_join(x_codes, x_numbers, x_dates)

    # Gradient boosted trees (LightGBM); reads what join gives.
    states["lightgbm"] = lightgbm.fit(
        (x_join,),
        table.target(),
        {
            "bagging_fraction": 0.9,
            "bagging_freq": 1,
            "cat_l2": 10.0,
            "cat_smooth": 10.0,
            "categorical": (0, 1),
            "class_weight": "none",
            "extra_trees": False,
            "feature_fraction": 0.8,
            "lambda_l1": 0.0001,
            "lambda_l2": 1.0,
            "learning_rate": 0.05,
            "max_bin": 255,
            "max_cat_to_onehot": 4,
            "min_data_in_leaf": 3,
            "min_data_per_group": 50,
            "num_leaves": 31,
            "num_rounds": 5,
            "threads": 1,
        },
        seed=45225167,
    )
    return states
