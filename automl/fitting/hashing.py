"""Fits `runtime.hashing`: only what was asked for; the hash needs no training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.runtime.state import State

from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns, of categories. Params: width (output columns per input column).

    Source: Weinberger and others, "Feature hashing for large scale multitask learning", ICML 2009.
    """
    (columns,) = inputs
    return State(values={"columns": list(columns), "width": int(params["width"])})
