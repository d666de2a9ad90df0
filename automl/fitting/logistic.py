"""Fits `runtime.logistic`: scikit-learn's logistic regression, L2 penalty, L-BFGS."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from automl.runtime.state import State

from .matrices import as_scipy
from .target import Target
from .weights import row_weights

MAX_ITERATIONS = 300  # a search may ask for hardly any penalty: the fit then ends here, at weights that are good enough


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix, dense or sparse, without missing values, features of like scale.

    Params: C (1 / penalty), class_weight.
    Raises ValueError for values that are not finite.
    """
    (x,) = inputs
    seen = np.unique(target.values).astype(np.int64)
    if len(seen) < 2:  # a fold may hold one class only: it then has probability 1
        weights, intercepts = np.zeros((1, x.shape[1])), np.zeros(1)
    else:
        row_weight = row_weights(target, params.get("class_weight"))
        model = LogisticRegression(C=params["C"], max_iter=MAX_ITERATIONS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # not converged: still a model, judged by its score
            model.fit(as_scipy(x), target.values, sample_weight=row_weight)
        weights, intercepts = model.coef_, model.intercept_
    return State(
        values={"classes": target.classes},
        arrays={"weights": np.ascontiguousarray(weights), "intercepts": np.array(intercepts), "seen": seen},
    )
