"""Fits `runtime.hist_gradient_boosting`: scikit-learn's histogram-based gradient boosting, without early stopping.

A fit of fewer rounds gives the first trees of a longer one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from automl.runtime.state import State

from .monotone import signs
from .target import Target
from .trees import Grown, pack
from .weights import row_weights

# What `objective` is called here. What scikit-learn has no loss for is fitted by squares.
LOSSES = {
    "squared": "squared_error",
    "absolute": "absolute_error",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
    "mape": "absolute_error",
}
LOG_LOSSES = ("poisson", "gamma")


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs: one matrix, NaN for missing.

    Params: num_rounds, learning_rate, max_leaf_nodes, min_samples_leaf, l2_regularization, max_features (a share);
    class_weight; threads (default 1); increasing and decreasing (positions of features); objective ("squared",
    "absolute", "quantile", "poisson", "gamma", "mape") and level (of the quantile) for quantities.
    """
    (x,) = inputs
    start = np.zeros(1)
    seen = np.unique(target.values).astype(np.int64) if target.classes else np.arange(0)
    if target.classes and len(seen) < 2:  # a fold may hold one class only: it then has probability 1
        return State(
            values={"classes": target.classes, "link": "identity"},
            arrays={**pack([_stump()], np.float64), "start": start, "seen": seen},
        )
    model, link = _model(target, params, x.shape[1], seed)
    with threadpool_limits(limits=params.get("threads", 1), user_api="openmp"):
        model.fit(x, target.values, sample_weight=_weights(target, params))
    trees = [_grown(one.nodes) for one_round in model._predictors for one in one_round]
    start = np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1)
    arrays = {**pack(trees, np.float64), "start": start, "seen": seen}
    return State(values={"classes": target.classes, "link": link}, arrays=arrays)


def _model(target: Target, params: Mapping[str, Any], features: int, seed: int) -> tuple[Any, str]:
    options = {
        name: params[name] for name in ("learning_rate", "max_leaf_nodes", "min_samples_leaf", "l2_regularization")
    }
    options |= {
        "max_iter": params["num_rounds"],
        "max_features": params["max_features"],
        "monotonic_cst": signs(params, features),
        "categorical_features": None,
        "early_stopping": False,
        "random_state": seed,
    }
    if target.classes:
        return HistGradientBoostingClassifier(**options), "identity"
    loss = _loss(params.get("objective", "squared"), target.values)
    level = params.get("level") if loss == "quantile" else None
    link = "log" if loss in LOG_LOSSES else "identity"
    return HistGradientBoostingRegressor(loss=loss, quantile=level, **options), link


def _loss(objective: str, values: npt.NDArray[Any]) -> str:
    """The loss; squares where the target has values that the loss cannot take."""
    loss = LOSSES.get(objective, "squared_error")
    fits = {"gamma": bool((values > 0).all()), "poisson": bool((values >= 0).all() and values.sum() > 0)}
    return loss if fits.get(loss, True) else "squared_error"


def _weights(target: Target, params: Mapping[str, Any]) -> Any:
    """Weights of the rows; a relative error counts a row the more the smaller its target is."""
    weights = row_weights(target, params.get("class_weight"))
    if params.get("objective") != "mape" or target.classes:
        return weights
    relative = 1.0 / np.maximum(np.abs(target.values), np.finfo(np.float64).eps * max(1.0, np.abs(target.values).max()))
    relative = np.minimum(relative, 1e6 * np.median(relative))
    return relative if weights is None else relative * weights


def _grown(nodes: Any) -> Grown:
    leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
    return Grown(
        left=np.where(leaf, own, nodes["left"].astype(np.int64)),
        right=np.where(leaf, own, nodes["right"].astype(np.int64)),
        feature=nodes["feature_idx"],
        threshold=nodes["num_threshold"],
        missing_left=nodes["missing_go_to_left"],
        value=nodes["value"][:, np.newaxis],
    )


def _stump() -> Grown:
    """A tree of one leaf that adds nothing."""
    zero = np.zeros(1, dtype=np.int64)
    return Grown(zero, zero, zero, np.zeros(1), np.ones(1, dtype=bool), np.zeros((1, 1)))
