"""Fits `runtime.mlp`: scikit-learn's multi-layer perceptron, trained by Adam for a fixed number of epochs."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from automl.runtime.mlp import LIMIT
from automl.runtime.state import State

from .target import Target

SMALLEST_BATCH, LARGEST_BATCH = 16, 256
# Steps of the optimiser: small tables get more epochs than asked for, large ones fewer.
FEWEST_STEPS, MOST_STEPS = 600, 20_000


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs: one matrix without missing values, features of like scale.

    Params: width and layers (hidden), epochs, learning_rate, alpha (L2 penalty). A target that is a quantity is
    standardised for the fit.
    """
    x = np.clip(inputs[0], -LIMIT, LIMIT)
    seen = np.unique(target.values).astype(np.int64) if target.classes else np.arange(0)
    if target.classes and len(seen) < 2:  # a fold may hold one class only: it then has probability 1
        return _state([np.zeros((x.shape[1], 1))], [np.zeros(1)], target, {"seen": seen})
    batch = min(LARGEST_BATCH, max(SMALLEST_BATCH, len(x) // 32), len(x))
    options = {
        "hidden_layer_sizes": (params["width"],) * params["layers"],
        "alpha": params["alpha"],
        "learning_rate_init": params["learning_rate"],
        "batch_size": batch,
        "max_iter": _epochs(int(params["epochs"]), math.ceil(len(x) / batch)),
        "tol": 0.0,
        "n_iter_no_change": 10**6,
        "random_state": seed,
    }
    scaled: dict[str, Any] = {"seen": seen}
    y = target.values
    if target.classes == 0:
        mean, scale = np.average(y, weights=target.weights), float(np.std(y)) or 1.0
        scaled |= {"mean": np.array([mean]), "scale": np.array([scale])}
        y = (y - mean) / scale
    model = (MLPClassifier if target.classes else MLPRegressor)(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the number of epochs is a parameter: not converged is what was asked for
        model.fit(x, y, sample_weight=target.weights)
    return _state(model.coefs_, model.intercepts_, target, scaled)


def _epochs(asked: int, steps: int) -> int:
    """The number of passes over the rows, where each takes so many steps."""
    return max(1, min(max(asked, math.ceil(FEWEST_STEPS / steps)), max(1, MOST_STEPS // steps)))


def _state(coefs: list[Any], intercepts: list[Any], target: Target, arrays: Mapping[str, Any]) -> State:
    """Weights are stored with one row for each unit."""
    found = {f"weights_{k}": np.ascontiguousarray(weights.T) for k, weights in enumerate(coefs)}
    found |= {f"intercepts_{k}": np.array(values, dtype=np.float64) for k, values in enumerate(intercepts)}
    return State(values={"classes": target.classes, "layers": len(coefs)}, arrays={**found, **arrays})
