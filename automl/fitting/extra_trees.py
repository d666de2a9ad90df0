"""Fits `runtime.extra_trees`: scikit-learn's ExtraTrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from automl.runtime.state import State

from .forests import grow, options
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs and params: see `forests.grow` and `forests.options`."""
    kind = ExtraTreesClassifier if target.classes else ExtraTreesRegressor
    model = kind(**options(inputs[0], target, params, bootstrap=False), random_state=seed)
    return grow(model, inputs, target, params)
