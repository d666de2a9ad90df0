"""Fits `runtime.scale`: the curve of each feature, then its center and scale."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import PowerTransformer

from automl.runtime.columns import Floats
from automl.runtime.scale import LIMIT, bend
from automl.runtime.state import State

from .spread import mean_and_deviation
from .target import Target

QUANTILES = 256  # points of the curve of a feature, at most: 2 KiB of a package
CLIPPED = 0.001  # share of the training rows that `clip` draws in, at either end
POWER_ROWS = 20_000  # rows that the power of a feature is found on, at most
STEEPEST = 16.0  # powers beyond are a sign of a feature that no power makes even


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs: one matrix without missing values. Params: method.

    standard: mean and standard deviation (as scikit-learn's StandardScaler); robust: median and distance of
    the quartiles (RobustScaler). The others bend the feature, and are then standardised: clip (to the quantiles
    0.001 and 0.999), log (sign(x) * log(1 + |x|)), power (PowerTransformer: I. Yeo and R. Johnson, "A new family of
    power transformations", Biometrika 87, 2000), quantile (QuantileTransformer to the normal distribution), uniform
    (the same to shares from 0 to 1). A feature with one or two values is never bent. Weights of rows count for means
    and deviations.
    """
    (x,) = inputs
    method = params["method"]
    bent = np.flatnonzero([_is_quantity(x[:, j]) for j in range(x.shape[1])]).astype(np.int64)
    known: dict[str, npt.NDArray[Any]] = {"bent": bent, **_curve(method, x[:, bent], seed)}
    moved = np.array(x, dtype=np.float64)
    if len(bent):
        moved[:, bent] = np.clip(bend(method, known, np.ascontiguousarray(x[:, bent])), -LIMIT, LIMIT)
    center, scale = mean_and_deviation(moved, target.weights)
    if method == "robust" and len(bent):
        center[bent], scale[bent] = _middle(moved[:, bent], scale[bent])
    return State(values={"method": method}, arrays={**known, "center": center, "scale": scale})


def _is_quantity(column: Floats) -> bool:
    """Whether a feature has more than two values."""
    low, high = column.min(), column.max()
    return bool(((column != low) & (column != high)).any())


def _middle(x: Floats, fallback: Floats) -> tuple[Floats, Floats]:
    """Median and distance of the quartiles; the deviation where half of the rows are equal."""
    low, middle, high = np.quantile(x, (0.25, 0.5, 0.75), axis=0)
    with np.errstate(over="ignore"):
        wide = high - low
    return middle, np.where((wide > 0.0) & np.isfinite(wide), wide, fallback)


def _curve(method: str, x: Floats, seed: int) -> dict[str, npt.NDArray[Any]]:
    """What the curve of the method knows of the features that it bends."""
    if method == "clip":
        low, high = np.quantile(x, (CLIPPED, 1.0 - CLIPPED), axis=0)
        return {"low": low, "high": high}
    if method in ("quantile", "uniform"):
        shares = np.linspace(0.0, 1.0, min(QUANTILES, len(x)))
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.quantile(x, shares, axis=0)
        return {"shares": shares, "quantiles": np.maximum.accumulate(found)}  # rounding must not make it fall
    if method == "power":
        rows = np.arange(len(x))
        if len(x) > POWER_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(len(x), POWER_ROWS, replace=False))
        return {"lambdas": np.array([_power(x[rows, j]) for j in range(x.shape[1])], dtype=np.float64)}
    return {}


def _power(column: Floats) -> float:
    """The power of Yeo and Johnson with the largest likelihood; 1 (the feature as it is) where there is none."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = PowerTransformer(standardize=False).fit(column[:, np.newaxis])
        except (ValueError, ArithmeticError, RuntimeError):  # values too large for any likelihood
            return 1.0
        power = float(model.lambdas_[0])
        bent = bend("power", {"lambdas": np.array([power])}, np.ascontiguousarray(column[:, np.newaxis]))
        fits = abs(power) <= STEEPEST and np.isfinite(np.square(bent)).all() and np.ptp(bent) > 0.0
    return power if fits else 1.0
