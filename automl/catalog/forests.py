"""The estimators that are made of trees, beside LightGBM."""

from __future__ import annotations

from automl.catalog.families import Family, same_for_all
from automl.catalog.operator import Cost, Operator
from automl.catalog.shared import CLASS_WEIGHT
from automl.kinds import Kind
from automl.params import Float, Int, Param

# Leaves of one row have probabilities of 0 and 1: three rows are the better beginning for most metrics.
FOREST_SPACE: dict[str, Param] = {
    "max_features": Float(low=0.1, high=1.0, default=0.3),
    "min_samples_leaf": Int(low=1, high=50, default=3, log=True),
    "class_weight": CLASS_WEIGHT,
}
SAMPLE = 100_000  # as in fitting/forests.py: a tree of a larger table sees so many rows
FOREST_DOCS = {
    "max_features": "share of the features that a split is chosen among, drawn for each split",
    "min_samples_leaf": "rows of a leaf, at least",
    "n_estimators": "trees",
}
FOREST_FIXED = {"n_estimators": 100, "threads": 1}

TREES: dict[str, Operator] = {
    "extra_trees": Operator(
        name="extra_trees",
        role="estimator",
        module="extra_trees",
        accepts=frozenset({Kind.NUMBER, Kind.CODE}),
        gives=Kind.PREDICTION,
        missing="keeps",
        space=FOREST_SPACE,
        fixed=FOREST_FIXED,
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.15, 4200.0, 40.0, most_rows=SAMPLE, row_bytes=2000.0, output_bytes=600.0),
        monotone=True,
        title="extremely randomised trees",
        docs=FOREST_DOCS,
    ),
    "random_forest": Operator(
        name="random_forest",
        role="estimator",
        module="random_forest",
        accepts=frozenset({Kind.NUMBER, Kind.CODE}),
        gives=Kind.PREDICTION,
        missing="keeps",
        space=FOREST_SPACE,
        fixed=FOREST_FIXED,
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.2, 8000.0, 40.0, most_rows=SAMPLE, row_bytes=2000.0, output_bytes=600.0),
        monotone=True,
        title="a random forest",
        docs=FOREST_DOCS,
    ),
    "hist_gradient_boosting": Operator(
        name="hist_gradient_boosting",
        role="estimator",
        module="hist_gradient_boosting",
        accepts=frozenset({Kind.NUMBER, Kind.CODE}),
        gives=Kind.PREDICTION,
        missing="keeps",
        space={
            "learning_rate": Float(low=0.02, high=0.3, default=0.08, log=True),
            "max_leaf_nodes": Int(low=4, high=128, default=31, log=True),
            "min_samples_leaf": Int(low=2, high=128, default=20, log=True),
            "l2_regularization": Float(low=1e-4, high=10.0, default=1e-3, log=True),
            "max_features": Float(low=0.4, high=1.0, default=0.8),
            "class_weight": CLASS_WEIGHT,
        },
        fixed={"num_rounds": 300, "threads": 1},
        rounds="num_rounds",
        fit_requires=("numpy", "scikit-learn", "threadpoolctl"),
        cost=Cost(0.6, 9.0, 32.0, output_bytes=24.0, round_bytes=8000.0),
        monotone=True,
        title="gradient boosted trees (scikit-learn)",
        docs={
            "learning_rate": "how much of each tree is added",
            "max_leaf_nodes": "leaves of a tree, at most",
            "min_samples_leaf": "rows of a leaf, at least",
            "l2_regularization": "penalty on the square of what leaves say",
            "max_features": "share of the features that a split is chosen among, drawn for each split",
        },
    ),
}

TREE_FAMILIES: dict[str, Family] = {
    "extra_trees": same_for_all("extra_trees", "many trees with thresholds drawn by chance, averaged"),
    "random_forest": same_for_all("random_forest", "many trees over rows drawn by chance, averaged"),
    "hist_gradient_boosting": same_for_all("hist_gradient_boosting", "gradient boosted trees of scikit-learn"),
}
