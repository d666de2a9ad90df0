"""Fits `runtime.target_mean`: the smoothed mean of the target for each level (the m-estimate)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.runtime.columns import Column
from automl.runtime.levels import encode, index_levels
from automl.runtime.state import State

from .levels import SeenLevels, level_values, seen_levels
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns. Params: smoothing (m, rows that the overall mean counts for) and unknown_category.

    A level's value is (sum + m * prior) / (count + m), with the overall mean as prior; unknown levels get the prior.
    Missing values are a level of their own where training had some. Source: Micci-Barreca, "A preprocessing scheme for
    high-cardinality categorical attributes", SIGKDD Explorations 3(1), 2001.
    """
    (columns,) = inputs
    seen = [seen_levels(column) for column in columns.values()]
    arrays = {
        f"means_{j}": _means(column, found, target, float(params["smoothing"]))
        for j, (column, found) in enumerate(zip(columns.values(), seen, strict=True))
    }
    values = level_values(columns, seen, params)
    return State(values=values, arrays=arrays)


def _means(column: Column, seen: SeenLevels, target: Target, smoothing: float) -> npt.NDArray[np.float64]:
    """Shape (levels + 2, outputs): the levels, then missing, then unknown. A row counts for its weight."""
    slots = len(seen.levels) + 2
    codes = encode(column, index_levels(seen.levels), unknown=slots - 1, missing=slots - 2)
    y, weights = target.indicators(), target.weights
    counts = np.bincount(codes, weights=weights, minlength=slots)
    prior = y.mean(axis=0) if weights is None else np.average(y, axis=0, weights=weights)
    means = np.tile(prior, (slots, 1))
    for k in range(y.shape[1]):
        sums = np.bincount(codes, weights=y[:, k] if weights is None else y[:, k] * weights, minlength=slots)
        smooth = (sums + smoothing * prior[k]) / np.maximum(counts + smoothing, np.finfo(np.float64).tiny)
        means[:, k] = np.where(counts > 0, smooth, prior[k])
    return means
