"""Fits `runtime.knn`: keeps the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix without missing values, features of like scale.

    Params: k (no more than there are rows); weights ("uniform" or "distance"). A row's weight multiplies
    what it counts for among the neighbours.
    """
    rows = np.ascontiguousarray(inputs[0], dtype=np.float64)
    return State(
        values={
            "classes": target.classes,
            "k": min(int(params["k"]), len(rows)),
            "by_distance": params["weights"] == "distance",
        },
        arrays={
            "rows": rows,
            "squares": np.square(rows).sum(axis=1),
            "outputs": target.indicators(),
            "weights": np.ones(len(rows)) if target.weights is None else target.weights,
        },
    )
