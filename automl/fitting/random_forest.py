"""Fits `runtime.random_forest`: scikit-learn's RandomForest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from automl.runtime.state import State

from .forests import grow, options
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs and params: see `forests.grow` and `forests.options`."""
    kind = RandomForestClassifier if target.classes else RandomForestRegressor
    model = kind(**options(inputs[0], target, params, bootstrap=True), random_state=seed)
    return grow(model, inputs, target, params)
