"""Fits `runtime.date_cycles`: the median time of each column, and whether it had missing values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.runtime.state import State

from .numbers import fit as fit_medians
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs: the raw columns, seconds since 1970. The State is that of `numbers` over them."""
    return fit_medians(inputs, target, params, seed)
