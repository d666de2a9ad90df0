"""The estimators that compare a row with those seen in training, or with what is usual in each class."""

from __future__ import annotations

from dataclasses import replace

from automl.catalog.families import Family, same_for_all
from automl.catalog.operator import Cost, Operator
from automl.kinds import Kind
from automl.params import Choice, Float, Int

NEARBY: dict[str, Operator] = {
    "naive_bayes": Operator(
        name="naive_bayes",
        role="estimator",
        module="naive_bayes",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.PREDICTION,
        missing="refuses",
        tasks=frozenset({"binary", "multiclass"}),
        space={"var_smoothing": Float(low=1e-9, high=1.0, default=1e-3, log=True)},
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.005, 40.0, 32.0),
        title="Gaussian naive Bayes",
        docs={"var_smoothing": "what is added to every variance, as a share of the largest one"},
    ),
    "knn": Operator(
        name="knn",
        role="estimator",
        module="knn",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.PREDICTION,
        missing="refuses",
        space={
            "k": Int(low=1, high=100, default=20, log=True),
            "weights": Choice(options=("uniform", "distance"), default="distance"),
        },
        cost=Cost(0.02, 1600.0, 32.0),
        keeps_rows=True,
        title="the mean of the nearest training rows",
        docs={
            "k": "neighbours",
            "weights": "uniform: all count the same; distance: a neighbour counts for 1 / its distance",
        },
    ),
}

NEARBY_FAMILIES: dict[str, Family] = {
    "naive_bayes": Family(
        "naive_bayes",
        {"binary": "naive_bayes", "multiclass": "naive_bayes"},
        "features that are normal and independent within each class",
    ),
    "knn": replace(
        same_for_all("knn", "the nearest training rows, which the package then carries"),
        most_rows=20_000,
        most_features=300,
    ),
}
