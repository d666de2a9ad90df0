"""The estimators that are trained by descending a slope: a small network, and a linear model with few weights."""

from __future__ import annotations

from automl.catalog.families import Family, same_for_all
from automl.catalog.operator import Cost, Operator
from automl.catalog.shared import CLASS_WEIGHT
from automl.kinds import Kind
from automl.params import Float, Int

NETWORKS: dict[str, Operator] = {
    "mlp": Operator(
        name="mlp",
        role="estimator",
        module="mlp",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.PREDICTION,
        missing="refuses",
        space={
            "width": Int(low=16, high=256, default=64, log=True),
            "layers": Int(low=1, high=3, default=2),
            "epochs": Int(low=5, high=100, default=25, log=True),
            "learning_rate": Float(low=3e-4, high=1e-2, default=2e-3, log=True),
            "alpha": Float(low=1e-6, high=1.0, default=1e-3, log=True),
        },
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.5, 900.0, 64.0, most_rows=200_000),
        title="a network of fully connected layers",
        docs={
            "width": "units of each hidden layer",
            "layers": "hidden layers",
            "epochs": "passes over the rows; a small table gets more, so that there are 600 steps, a large one fewer",
            "learning_rate": "how far a step goes (Adam)",
            "alpha": "the penalty on the squares of the weights",
        },
    ),
    "elastic_net": Operator(
        name="elastic_net",
        role="estimator",
        module="elastic_net",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.PREDICTION,
        missing="refuses",
        space={
            "alpha": Float(low=1e-5, high=1.0, default=1e-3, log=True),
            "l1_ratio": Float(low=0.05, high=1.0, default=0.5),
            "class_weight": CLASS_WEIGHT,
        },
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.05, 1500.0, 40.0, regression=0.07),
        title="a linear model with a penalty that sets weights to zero",
        docs={
            "alpha": "the penalty on the weights: the larger, the fewer features are used",
            "l1_ratio": "share of the penalty on the size of the weights; the rest is on their squares",
        },
    ),
}

NETWORK_FAMILIES: dict[str, Family] = {
    "mlp": same_for_all("mlp", "a small neural network over standardised numbers and encoded categories"),
    "elastic_net": same_for_all("elastic_net", "logistic or linear regression that uses few of the features"),
}
