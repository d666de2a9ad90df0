"""Fits `runtime.missing_indicators`: only the names of the columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns, of any kind."""
    (columns,) = inputs
    return State(values={"columns": list(columns)})
