"""The estimators, and the families that a spec names them by."""

from __future__ import annotations

from automl.catalog.families import Family
from automl.catalog.forests import TREE_FAMILIES, TREES
from automl.catalog.neighbours import NEARBY, NEARBY_FAMILIES
from automl.catalog.networks import NETWORK_FAMILIES, NETWORKS
from automl.catalog.operator import Cost, Operator
from automl.catalog.shared import CLASS_WEIGHT
from automl.kinds import Kind
from automl.params import Choice, Float, Int, Param

# The ranges follow those that TabArena searches, except: learning rates below 0.02 need more rounds than 400, and a
# tree of more than 256 leaves costs more time than it is worth within a few minutes.
BOOSTING_SPACE: dict[str, Param] = {
    "learning_rate": Float(low=0.02, high=0.2, default=0.05, log=True),
    "num_leaves": Int(low=4, high=256, default=31, log=True),
    "min_data_in_leaf": Int(low=1, high=128, default=20, log=True),
    "feature_fraction": Float(low=0.4, high=1.0, default=0.8),
    "bagging_fraction": Float(low=0.7, high=1.0, default=0.9),
    "lambda_l1": Float(low=1e-4, high=1.0, default=1e-4, log=True),
    "lambda_l2": Float(low=1e-4, high=10.0, default=1.0, log=True),
    "extra_trees": Choice(options=(False, True), default=False),
    "cat_smooth": Float(low=1e-3, high=100.0, default=10.0, log=True),
    "cat_l2": Float(low=5e-3, high=20.0, default=10.0, log=True),
    "max_cat_to_onehot": Int(low=4, high=100, default=4, log=True),
}

BOOSTING_DOCS = {
    "learning_rate": "how much of each tree is added",
    "num_leaves": "leaves of a tree, at most",
    "min_data_in_leaf": "rows of a leaf, at least",
    "feature_fraction": "share of the features that a tree may use, drawn for each",
    "bagging_fraction": "share of the rows that a tree is fitted on, drawn for each",
    "lambda_l1": "penalty on the size of what leaves say",
    "lambda_l2": "penalty on its square",
    "extra_trees": "one threshold for each feature, drawn by chance, instead of the best",
    "cat_smooth": "rows that the mean counts for beside those of a category, when categories are put in order",
    "cat_l2": "penalty on the square of what leaves say behind a split by categories",
    "max_cat_to_onehot": "categories of a feature up to which each is split off alone",
    "bagging_freq": "rows are drawn anew after so many trees",
    "max_bin": "steps that the values of a feature are sorted into, at most",
    "min_data_per_group": "rows of a group of categories, at least",
}

ESTIMATORS: dict[str, Operator] = {
    "constant": Operator(
        name="constant",
        role="estimator",
        module="constant",
        accepts=frozenset({Kind.NUMERIC, Kind.INTEGER, Kind.BOOLEAN, Kind.CATEGORICAL, Kind.DATETIME, Kind.TEXT}),
        gives=Kind.PREDICTION,
        missing="removes",
        reads_source=True,
        monotone=True,
        cost=Cost(0.001, 1.0, 8.0),
        title="the same prediction for every row: the shares of the classes, or the mean (median, quantile)",
    ),
    "logistic": Operator(
        name="logistic",
        role="estimator",
        module="logistic",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.PREDICTION,
        missing="refuses",
        takes_sparse=True,
        tasks=frozenset({"binary", "multiclass"}),
        space={
            "C": Float(low=1e-4, high=1e2, default=1.0, log=True),
            "class_weight": CLASS_WEIGHT,
        },
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.01, 40.0, 24.0, per_output=True),
        title="logistic regression with an L2 penalty",
        docs={"C": "1 / the penalty on the squares of the weights: the smaller, the plainer the model"},
    ),
    "ridge": Operator(
        name="ridge",
        role="estimator",
        module="ridge",
        accepts=frozenset({Kind.NUMBER}),
        gives=Kind.PREDICTION,
        missing="refuses",
        takes_sparse=True,
        tasks=frozenset({"regression"}),
        space={"alpha": Float(low=1e-3, high=1e4, default=1.0, log=True)},
        fit_requires=("numpy", "scikit-learn"),
        cost=Cost(0.005, 22.0, 32.0),
        title="linear regression with an L2 penalty",
        docs={"alpha": "the penalty on the squares of the weights: the larger, the plainer the model"},
    ),
    "lightgbm": Operator(
        name="lightgbm",
        role="estimator",
        module="lightgbm",
        accepts=frozenset({Kind.NUMBER, Kind.CODE}),
        gives=Kind.PREDICTION,
        missing="keeps",
        space={**BOOSTING_SPACE, "class_weight": CLASS_WEIGHT},
        fixed={"num_rounds": 400, "bagging_freq": 1, "max_bin": 255, "min_data_per_group": 50, "threads": 1},
        rounds="num_rounds",
        requires=("numpy", "lightgbm"),
        monotone=True,
        fit_requires=("numpy", "lightgbm", "scipy"),
        cost=Cost(0.05, 7.0, 12.0, output_bytes=24.0, round_bytes=7000.0),
        title="gradient boosted trees (LightGBM)",
        docs=BOOSTING_DOCS,
    ),
    **TREES,
    **NETWORKS,
    **NEARBY,
}

# In the order in which their first trials run: what is good and cheap comes first.
FAMILIES: dict[str, Family] = {
    "constant": Family(
        "constant",
        {"binary": "constant", "multiclass": "constant", "regression": "constant"},
        "the baseline that every model is compared with",
    ),
    "lightgbm": Family(
        "lightgbm",
        {"binary": "lightgbm", "multiclass": "lightgbm", "regression": "lightgbm"},
        "gradient boosted trees that take missing values and categories as they are",
    ),
    "extra_trees": TREE_FAMILIES["extra_trees"],
    "linear": Family(
        "linear",
        {"binary": "logistic", "multiclass": "logistic", "regression": "ridge"},
        "logistic or ridge regression over standardised numbers and encoded categories",
    ),
    "hist_gradient_boosting": TREE_FAMILIES["hist_gradient_boosting"],
    "random_forest": TREE_FAMILIES["random_forest"],
    **NETWORK_FAMILIES,
    **NEARBY_FAMILIES,
}
