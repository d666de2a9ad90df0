"""Fits `runtime.ridge`: scikit-learn's ridge regression, by Cholesky, or conjugate gradients if sparse."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

from automl.runtime.sparse import Sparse
from automl.runtime.state import State

from .matrices import as_scipy
from .target import Target

TOLERANCE = 1e-6  # of the conjugate gradients: the residual relative to the target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix, dense or sparse, without missing values, features of like scale. Params: alpha (the penalty).

    Raises ValueError for values that are not finite.
    """
    (x,) = inputs
    solver = {"solver": "sparse_cg", "tol": TOLERANCE} if isinstance(x, Sparse) else {"solver": "cholesky"}
    model = Ridge(alpha=params["alpha"], **solver)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # badly conditioned: still a model, judged by its score
        model.fit(as_scipy(x), target.values, sample_weight=target.weights)
    return State(
        arrays={
            "weights": np.ascontiguousarray(model.coef_[np.newaxis, :]),
            "intercepts": np.array([model.intercept_], dtype=np.float64),
        }
    )
