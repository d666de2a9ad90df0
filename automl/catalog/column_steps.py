"""Transformers of numbers, categories and matrices that bend, count, mark and select."""

from __future__ import annotations

from automl.catalog.operator import Cost, Operator
from automl.kinds import Kind
from automl.params import Choice, Float

COLUMN_STEPS: dict[str, Operator] = {
    "scale": Operator(
        name="scale",
        role="transformer",
        module="scale",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.NUMBER,
        missing="refuses",
        space={
            "method": Choice(
                options=("standard", "robust", "clip", "log", "power", "quantile", "uniform"), default="standard"
            )
        },
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.004, 250.0, 40.0),
        title="every feature bent by one curve (or none), then with mean 0 and standard deviation 1",
        docs={
            "method": "standard: as it is; robust: median and quartiles in place of mean and deviation; clip: drawn in "
            "to the 0.1 % and 99.9 % quantiles of training; log: sign(x) * log(1 + |x|); power: Yeo and Johnson's, "
            "fitted; quantile: by rank to the normal distribution; uniform: by rank to 0 to 1"
        },
    ),
    "count_encode": Operator(
        name="count_encode",
        role="transformer",
        module="count_encode",
        accepts=frozenset({Kind.CATEGORICAL, Kind.INTEGER, Kind.BOOLEAN}),
        gives=Kind.NUMBER,
        missing="removes",
        reads_source=True,
        space={"log": Choice(options=(False, True), default=True)},
        fixed={"unknown_category": "other"},
        cost=Cost(0.002, 30.0, 24.0),
        title="categories as how often they occur in training",
        docs={"log": "log(1 + count) instead of the count"},
    ),
    "missing_indicators": Operator(
        name="missing_indicators",
        role="transformer",
        module="missing_indicators",
        accepts=frozenset({Kind.NUMERIC, Kind.INTEGER, Kind.BOOLEAN, Kind.CATEGORICAL, Kind.DATETIME, Kind.TEXT}),
        gives=Kind.NUMBER,
        missing="removes",
        reads_source=True,
        cost=Cost(0.001, 5.0, 16.0),
        title="one 0/1 column per column: whether its value is missing",
    ),
    "select_features": Operator(
        name="select_features",
        role="transformer",
        module="select_features",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.NUMBER,
        missing="keeps",
        widens="subset",
        space={
            "share": Float(low=0.1, high=1.0, default=0.5),
            "score": Choice(options=("f", "mutual_information", "variance"), default="f"),
        },
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.005, 60.0, 40.0),
        title="the features that say most about the target, each judged alone",
        docs={
            "share": "how much of the features is kept, one at least",
            "score": "f: the F statistic; mutual_information: sees curved relations too, and costs most; variance: "
            "does not look at the target",
        },
    ),
}
