"""Functions with known shapes, to be minimised: smooth, curved, with many minima, mixed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from automl.params import Choice, Float, Int, Param, ParamValue

Value = Callable[[Mapping[str, ParamValue]], float]


@dataclass(frozen=True)
class Function:
    """Something to be minimised over a space."""

    name: str
    space: Mapping[str, Param]
    value: Value
    real: bool = False


def _reals(count: int, low: float, high: float) -> dict[str, Param]:
    return {f"x{i}": Float(low=low, high=high, default=low) for i in range(count)}


def _point(params: Mapping[str, ParamValue]) -> list[float]:
    return [float(params[name] or 0.0) for name in sorted(params)]


def sphere(params: Mapping[str, ParamValue]) -> float:
    """One minimum, off the middle."""
    return sum((x - 1.3) ** 2 for x in _point(params))


def rosenbrock(params: Mapping[str, ParamValue]) -> float:
    """A curved valley (Rosenbrock 1960)."""
    x = _point(params)
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x))


def branin(params: Mapping[str, ParamValue]) -> float:
    """Three equal minima (Branin 1972)."""
    x, y = _point(params)
    valley = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def ackley(params: Mapping[str, ParamValue]) -> float:
    """Many small minima around a deep one (Ackley 1987), off the middle."""
    x = np.array(_point(params)) - 0.7
    flat = -20 * math.exp(-0.2 * math.sqrt(float((x**2).mean())))
    return flat - math.exp(float(np.cos(2 * math.pi * x).mean())) + 20 + math.e


def hills(params: Mapping[str, ParamValue]) -> float:
    """Four hills of different height and width in six dimensions, in the manner of Hartmann's functions."""
    x, draws = np.array(_point(params)), np.random.default_rng(5)
    places, widths = draws.random((4, len(x))), draws.uniform(0.5, 12.0, (4, len(x)))
    heights = np.array([1.0, 1.2, 3.0, 3.2])
    return -float((heights * np.exp(-(widths * (x - places) ** 2).sum(axis=1))).sum())


MIXED: dict[str, Param] = {
    "rate": Float(low=1e-4, high=1.0, default=0.1, log=True),
    "penalty": Float(low=1e-6, high=10.0, default=0.1, log=True),
    "leaves": Int(low=2, high=512, default=31, log=True),
    "depth": Int(low=1, high=12, default=6),
    "kind": Choice(options=("a", "b", "c", "d"), default="a"),
}


def mixed(params: Mapping[str, ParamValue]) -> float:
    """Like a boosted model's parameters: logarithmic, whole, a choice that shifts where the best of another one is."""
    shift = {"a": 0.0, "b": 0.6, "c": -0.5, "d": 1.0}[str(params["kind"])]
    rate, penalty = math.log10(float(params["rate"] or 1)), math.log10(float(params["penalty"] or 1))
    leaves, depth = math.log2(float(params["leaves"] or 1)), float(params["depth"] or 1)
    bowl = (rate + 1.5 + shift) ** 2 + 0.1 * (penalty + 2) ** 2 + 0.2 * (leaves - 5.5 - rate) ** 2
    return bowl + 0.05 * (depth - 7) ** 2 + {"a": 0.3, "b": 0.0, "c": 0.15, "d": 0.6}[str(params["kind"])]


FUNCTIONS = (
    Function("sphere 4", _reals(4, -5.0, 5.0), sphere),
    Function("rosenbrock 3", _reals(3, -2.0, 2.0), rosenbrock),
    Function("branin 2", {"x0": Float(low=-5, high=10, default=0), "x1": Float(low=0, high=15, default=0)}, branin),
    Function("ackley 8", _reals(8, -5.0, 5.0), ackley),
    Function("hills 6", _reals(6, 0.0, 1.0), hills),
    Function("mixed 5", MIXED, mixed),
)
