"""Fits `runtime.elastic_net`: scikit-learn's coordinate descent for quantities, proximal gradients for classes.

scikit-learn fits classes under this penalty with SAGA only, which is slow and stops far from the optimum; FISTA (Beck
and Teboulle, "A fast iterative shrinkage-thresholding algorithm", SIAM J. Imaging Sciences 2(1), 2009), begun anew
where it overshoots (O'Donoghue and Candes, 2015), is fast on scaled features and draws no random numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import ElasticNet

from automl.runtime.columns import Floats, Matrix
from automl.runtime.linear import softmax
from automl.runtime.state import State

from .target import Target
from .weights import row_weights

MOST_STEPS, TOLERANCE = 500, 1e-7


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: one matrix without missing values, features of like scale.

    Params: alpha (the penalty, per row, of a target of standard deviation 1), l1_ratio, class_weight. The penalty is
    alpha * (l1_ratio * |w| + (1 - l1_ratio) / 2 * w^2). Raises ValueError for values that are not finite.
    """
    (x,) = inputs
    weights = row_weights(target, params.get("class_weight"))
    if target.classes == 0:
        return _quantity(x, target, params, weights)
    seen = np.unique(target.values).astype(np.int64)
    shares = np.array(target.values[:, np.newaxis] == seen, dtype=np.float64)
    counts = np.full(len(x), 1.0 / len(x)) if weights is None else weights / weights.sum()
    if len(seen) < 2:
        coefficients = np.zeros((x.shape[1] + 1, 1))
    else:
        coefficients = _descend(np.column_stack([x, np.ones(len(x))]), shares, counts, params)
    if len(seen) == 2:  # as log odds of the second class
        coefficients = coefficients[:, 1:] - coefficients[:, :1]
    return State(
        values={"classes": target.classes},
        arrays={
            "weights": np.ascontiguousarray(coefficients[:-1].T),
            "intercepts": np.ascontiguousarray(coefficients[-1]),
            "seen": seen,
        },
    )


def _quantity(x: Matrix, target: Target, params: Mapping[str, Any], weights: Floats | None) -> State:
    scale = float(np.std(target.values)) or 1.0
    model = ElasticNet(alpha=params["alpha"], l1_ratio=params["l1_ratio"], max_iter=2000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converged: still a model, judged by its score
        model.fit(x, target.values / scale, sample_weight=weights)
    return State(
        values={"classes": 0},
        arrays={
            "weights": np.ascontiguousarray(model.coef_[np.newaxis, :] * scale),
            "intercepts": np.array([model.intercept_ * scale], dtype=np.float64),
        },
    )


def _steepest(x: Matrix, counts: Matrix) -> float:
    """The largest eigenvalue of the weighted x.T @ x. It is that of x @ x.T too: the smaller one of the two is made."""
    if len(x) >= x.shape[1]:
        return float(np.linalg.eigvalsh((x * counts[:, np.newaxis]).T @ x)[-1])
    rooted = x * np.sqrt(counts)[:, np.newaxis]
    return float(np.linalg.eigvalsh(rooted @ rooted.T)[-1])


def _descend(x: Matrix, shares: Matrix, counts: Matrix, params: Mapping[str, Any]) -> Matrix:
    """The weights of the softmax, shape (features + 1, classes); the last feature is the intercept, without penalty."""
    penalised = np.ones((x.shape[1], 1))
    penalised[-1] = 0.0
    alpha, share = float(params["alpha"]), float(params["l1_ratio"])
    flat, round_ = alpha * share * penalised, alpha * (1.0 - share) * penalised
    if shares.shape[1] == 2:
        round_ = 2.0 * round_  # the squares of two halves are half the square of their difference
    step = 1.0 / (0.5 * _steepest(x, counts) + round_.max())
    now = ahead = np.zeros((x.shape[1], shares.shape[1]))
    speed = 1.0
    for _ in range(MOST_STEPS):
        slope = x.T @ (counts[:, np.newaxis] * (softmax(x @ ahead) - shares)) + round_ * ahead
        moved = ahead - step * slope
        new = np.sign(moved) * np.maximum(np.abs(moved) - step * flat, 0.0)
        if np.sum((ahead - new) * (new - now)) > 0.0:
            speed = 1.0
        faster = (1.0 + np.sqrt(1.0 + 4.0 * speed * speed)) / 2.0
        ahead = new + (speed - 1.0) / faster * (new - now)
        change = np.abs(new - now).max()
        now, speed = new, faster
        if change <= TOLERANCE * max(1.0, np.abs(now).max()):
            break
    return now
