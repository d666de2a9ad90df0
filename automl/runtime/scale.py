"""Every feature of a matrix on a like scale: bent by one of several curves, then with mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .columns import Floats, Matrix
from .normal import normal_quantile
from .state import State

LIMIT = 1e100  # values beyond count as this many scales: sums over them stay finite
EDGE = 1e-7  # quantile: shares are kept so far from 0 and 1, whose normal quantiles are infinite

Known = Mapping[str, Any]  # the arrays of the State


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, features): (curve(x) - center) / scale, the curve by `state.values["method"]`.

    Only the features `bent` of the State go through the curve: those with two values in training are a mark, not a
    quantity.
    """
    known = state.arrays
    bent = np.array(x, dtype=np.float64, order="C")
    if len(known["bent"]):
        bent[:, known["bent"]] = bend(state.values["method"], known, np.ascontiguousarray(x[:, known["bent"]]))
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (bent - known["center"]) / known["scale"]
    return np.ascontiguousarray(np.clip(scaled, -LIMIT, LIMIT))


def bend(method: str, known: Known, x: Matrix) -> Matrix:
    """The curve of a method over the features that it bends; infinite where it leaves the range of numbers."""
    return CURVES[method](known, x)


def _straight(known: Known, x: Matrix) -> Matrix:  # noqa: ARG001
    return x


def _clipped(known: Known, x: Matrix) -> Matrix:
    return np.clip(x, known["low"], known["high"])


def _logged(known: Known, x: Matrix) -> Matrix:  # noqa: ARG001
    return np.copysign(np.log1p(np.abs(x)), x)


def _powered(known: Known, x: Matrix) -> Matrix:
    """The Yeo-Johnson transformation: a power of 1 + x above zero, the mirrored one of 1 - x below."""
    above = x >= 0.0
    power = np.ascontiguousarray(np.where(above, known["lambdas"], 2.0 - known["lambdas"]))
    logs = np.log1p(np.abs(x))
    straight = np.abs(power) < np.finfo(np.float64).eps  # its limit there is the logarithm
    with np.errstate(over="ignore"):
        grown = np.expm1(power * logs) / np.where(straight, 1.0, power)
    grown = np.where(straight, logs, grown)
    return np.where(above, grown, -grown)


def _ranked(known: Known, x: Matrix) -> Matrix:
    """The share of the training rows that lies below, by interpolation; among equal quantiles their middle."""
    shares, quantiles = known["shares"], known["quantiles"]
    out = np.empty(x.shape, dtype=np.float64)
    for j in range(x.shape[1]):
        out[:, j] = _share_below(np.ascontiguousarray(x[:, j]), quantiles[:, j], shares)
    return out


def _share_below(column: Floats, quantiles: Floats, shares: Floats) -> Floats:
    """Quarters of values: neither the distance of huge ones nor the steepness between tiny ones is infinite."""
    last = len(quantiles) - 1
    first, behind = np.searchsorted(quantiles, column, side="left"), np.searchsorted(quantiles, column, side="right")
    low, high = np.clip(first - 1, 0, last), np.clip(first, 0, last)
    start, width = quantiles[low] / 4.0, quantiles[high] / 4.0 - quantiles[low] / 4.0
    part = np.clip((column / 4.0 - start) / np.where(width > 0.0, width, 1.0), 0.0, 1.0)
    between = shares[low] + part * (shares[high] - shares[low])
    equal = 0.5 * (shares[high] + shares[np.clip(behind - 1, 0, last)])
    found = np.where(behind > first, equal, between)
    return np.where(column <= quantiles[0], 0.0, np.where(column >= quantiles[-1], 1.0, found))


def _to_normal(known: Known, x: Matrix) -> Matrix:
    return normal_quantile(np.clip(_ranked(known, x), EDGE, 1.0 - EDGE))


CURVES: dict[str, Callable[[Known, Matrix], Matrix]] = {
    "standard": _straight,
    "robust": _straight,
    "clip": _clipped,
    "log": _logged,
    "power": _powered,
    "quantile": _to_normal,
    "uniform": _ranked,
}
