"""Fits `runtime.ridge`: scikit-learn's ridge regression, solved by Cholesky."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix without missing values, features of like scale. Params: alpha (the penalty).

    Raises ValueError for values that are not finite.
    """
    (x,) = inputs
    model = Ridge(alpha=params["alpha"], solver="cholesky")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # badly conditioned: still a model, judged by its score
        model.fit(x, target.values, sample_weight=target.weights)
    return State(
        arrays={
            "weights": np.ascontiguousarray(model.coef_[np.newaxis, :]),
            "intercepts": np.array([model.intercept_], dtype=np.float64),
        }
    )
