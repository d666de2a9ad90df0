"""Fits `runtime.svd`: a truncated singular value decomposition, by scikit-learn's randomised algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD

from automl.runtime.state import State

from .matrices import as_scipy
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix, mostly sparse. Params: components, at most the smaller side of the matrix.

    The largest weight of each direction is positive. Source: Halko, Martinsson and Tropp, "Finding structure with
    randomness", SIAM Review 53(2), 2011.
    """
    (x,) = inputs
    if min(x.shape) < 2:  # nothing to reduce
        return State(arrays={"directions": np.eye(x.shape[1])})
    most = max(1, min(int(params["components"]), *x.shape))
    model = TruncatedSVD(n_components=most, n_iter=4, random_state=seed % 2**32)
    directions = np.ascontiguousarray(model.fit(as_scipy(x)).components_)
    largest = directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)]
    return State(arrays={"directions": directions * np.where(largest < 0.0, -1.0, 1.0)[:, np.newaxis]})
