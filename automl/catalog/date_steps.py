"""Transformers of points in time, beside `date_parts`."""

from __future__ import annotations

from automl.catalog.operator import Cost, Operator
from automl.kinds import Kind

DATE_STEPS: dict[str, Operator] = {
    "date_cycles": Operator(
        name="date_cycles",
        role="transformer",
        module="date_cycles",
        accepts=frozenset({Kind.DATETIME}),
        gives=Kind.NUMBER,
        missing="keeps",
        widens="parts",
        reads_source=True,
        cost=Cost(0.001, 150.0, 200.0),
        title="month, weekday, hour and day of the year as sine and cosine: the last stands beside the first",
    ),
    "date_differences": Operator(
        name="date_differences",
        role="transformer",
        module="date_differences",
        accepts=frozenset({Kind.DATETIME}),
        gives=Kind.NUMBER,
        missing="keeps",
        widens="pairs",
        reads_source=True,
        cost=Cost(0.001, 40.0, 40.0),
        title="days between every two points in time of a row, of ten pairs at most",
    ),
}
