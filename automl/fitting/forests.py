"""What random forests and extremely randomised trees share: how scikit-learn's forests become a State.

Source: Breiman, "Random Forests", Machine Learning 45, 2001; Geurts, Ernst and Wehenkel, "Extremely randomized trees",
Machine Learning 63, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import BaseEnsemble

from automl.runtime.state import State

from .monotone import signs
from .target import Target
from .trees import Grown, pack
from .weights import row_weights

SAMPLE = 100_000  # a tree of a larger table sees so many of its rows, drawn with replacement
STORED_BYTES = 64 * 2**20  # what the trees may take in a package: where they would be larger, leaves hold more rows
NODE_BYTES = 24  # of a leaf and the node above it, beside the leaf's values
LARGEST = float(np.finfo(np.float32).max)


def options(x: npt.NDArray[np.float64], target: Target, params: Mapping[str, Any], bootstrap: bool) -> dict[str, Any]:
    """The options of scikit-learn's forest.

    Params: n_estimators; max_features (a share); min_samples_leaf; threads (default 1).
    """
    sampled = len(x) > SAMPLE
    rows = SAMPLE if sampled else len(x)
    outputs = max(1, target.classes - (target.classes == 2))
    leaves = STORED_BYTES / int(params["n_estimators"]) / (NODE_BYTES + 8 * outputs)
    return {
        "n_estimators": params["n_estimators"],
        "max_features": params["max_features"],
        "min_samples_leaf": max(int(params["min_samples_leaf"]), math.ceil(rows / leaves)),
        "bootstrap": bootstrap or sampled,
        "max_samples": SAMPLE if sampled else None,
        "n_jobs": params.get("threads", 1),
    }


def grow(model: BaseEnsemble, inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any]) -> State:
    """Fit scikit-learn's forest on one matrix, NaN for missing. Params besides: class_weight, increasing, decreasing.

    Where a prediction must be monotone, a missing value counts as the lowest of all.
    """
    (x,) = inputs
    x = np.clip(x, -LARGEST, LARGEST).astype(np.float32)
    constraints = signs(params, x.shape[1])
    if constraints is not None:
        x = np.where(np.isnan(x), np.float32(-LARGEST), x)
        model.set_params(monotonic_cst=constraints)
    model.fit(x, target.values, sample_weight=row_weights(target, params.get("class_weight")))
    seen = np.arange(1) if target.classes == 0 else np.asarray(model.classes_, dtype=np.int64)
    trees = [_grown(one.tree_, seen, target.classes, constraints is not None) for one in model.estimators_]
    return State(values={"classes": target.classes}, arrays=pack(trees, np.float32))


def _grown(tree: Any, seen: npt.NDArray[np.int64], classes: int, lowest: bool) -> Grown:
    nodes = tree.__getstate__()["nodes"]
    leaf, own = nodes["left_child"] < 0, np.arange(len(nodes))
    value = tree.value[:, 0, :]
    if classes:
        shares = np.zeros((len(nodes), classes))
        shares[:, seen] = value
        value = shares[:, 1:] if classes == 2 else shares
    return Grown(
        left=np.where(leaf, own, nodes["left_child"]),
        right=np.where(leaf, own, nodes["right_child"]),
        feature=np.maximum(nodes["feature"], 0),
        threshold=nodes["threshold"],
        missing_left=np.ones(len(nodes), dtype=bool) if lowest else nodes["missing_go_to_left"],
        value=value,
    )
