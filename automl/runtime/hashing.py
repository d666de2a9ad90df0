"""Categories as signed ones in columns that a hash picks: a fixed width for any number of levels."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from .columns import Column, Columns, Ints, Text
from .sparse import Sparse, from_entries, side_by_side
from .state import State
from .words import distinct_texts


def apply(state: State, columns: Columns) -> Sparse:
    """Shape (rows, width * columns). A missing value is a row of zeros, and no value is unknown."""
    width = state.values["width"]
    return side_by_side([_hashed(name, columns[name], width) for name in state.values["columns"]])


def _hashed(name: str, column: Column, width: int) -> Sparse:
    values, rows = _distinct(column)
    digests = [_digest(name, value) for value in values]
    slots = np.array([(digest >> 1) % width for digest in digests], dtype=np.int64)
    signs = np.array([1.0 if digest & 1 else -1.0 for digest in digests], dtype=np.float64)
    table = from_entries(np.arange(len(values)), slots, signs, (len(values) + 1, width))  # the last: missing
    return table.take(rows)


def _distinct(column: Column) -> tuple[list[str], Ints]:
    """The values that occur, as texts, and for every row the position of its value; missing ones stand behind."""
    if isinstance(column, Text):
        return distinct_texts(column)
    known = np.isfinite(column)
    numbers, codes = np.unique(column[known] + 0.0, return_inverse=True)  # -0.0 and 0.0 are one value
    rows = np.full(len(column), len(numbers), dtype=np.int64)
    rows[known] = codes.reshape(-1)
    return [repr(float(number)) for number in numbers], rows


def _digest(name: str, value: str) -> int:
    text = f"{name}\0{value}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
