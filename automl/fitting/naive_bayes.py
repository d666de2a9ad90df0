"""Fits `runtime.naive_bayes`: scikit-learn's Gaussian naive Bayes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.naive_bayes import GaussianNB

from automl.runtime.naive_bayes import LIMIT
from automl.runtime.state import State

from .target import Target

SMALLEST_VARIANCE = 1e-50  # where all features are constant


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix without missing values. Params: var_smoothing (a share of the largest variance that is added
    to all variances). Raises ValueError for values that are not finite.
    """
    x = np.clip(inputs[0], -LIMIT, LIMIT)
    model = GaussianNB(var_smoothing=params["var_smoothing"])
    model.fit(x, target.values, sample_weight=target.weights)
    variances = np.maximum(model.var_, SMALLEST_VARIANCE)
    starts = np.log(model.class_prior_) - 0.5 * np.log(2.0 * np.pi * variances).sum(axis=1)
    return State(
        values={"classes": target.classes},
        arrays={
            "means": np.ascontiguousarray(model.theta_),
            "factors": np.ascontiguousarray(-0.5 / variances),
            "starts": starts,
            "seen": np.asarray(model.classes_, dtype=np.int64),
        },
    )
