"""Levels: the distinct values of a column in training, and the code of each row's value among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .columns import Column, Columns, Floats, Ints, Text, level_lookup
from .state import State


@dataclass(frozen=True)
class LevelIndex:
    """The levels of one column, ready to be looked up: texts by dictionary, numbers by bisection."""

    texts: dict[str, int]
    numbers: Floats
    count: int


def index_levels(levels: Sequence[str | float]) -> LevelIndex:
    """Index sorted levels: all texts, or all numbers."""
    texts = {level: code for code, level in enumerate(levels) if isinstance(level, str)}
    numbers = np.array([level for level in levels if not isinstance(level, str)], dtype=np.float64)
    return LevelIndex(texts, numbers, len(levels))


def state_levels(state: State) -> list[LevelIndex]:
    """One index per column of `state.values["levels"]`, built at the first call and kept with the State."""
    found: list[LevelIndex] | None = state.handles.get("levels")
    if found is None:
        found = state.handles["levels"] = [index_levels(levels) for levels in state.values["levels"]]
    return found


def slots_of(state: State, columns: Columns) -> list[Ints]:
    """For every column of the State, the slot of each row's value: its level's, then that of missing, then of unknown.

    An unknown value has the slot of a missing one where `state.values["unknown"]` is "missing".
    """
    shift = 0 if state.values["unknown"] == "missing" else 1
    return [
        encode(columns[name], index, unknown=index.count + shift, missing=index.count)
        for name, index in zip(state.values["columns"], state_levels(state), strict=True)
    ]


def encode(column: Column, index: LevelIndex, unknown: int, missing: int) -> Ints:
    """The code of every row's value: its position among the levels, else `unknown`, or `missing`. Shape (rows,)."""
    if isinstance(column, Text):
        return level_lookup(column, index.texts, unknown, missing)
    codes = np.full(len(column), unknown, dtype=np.int64)
    if len(index.numbers):
        nearest = np.minimum(np.searchsorted(index.numbers, column), len(index.numbers) - 1)
        codes = np.where(index.numbers[nearest] == column, nearest, unknown)
    codes[~np.isfinite(column)] = missing
    return codes
