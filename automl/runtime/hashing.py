"""Values as signed ones in columns that a hash picks: a fixed width for any number of distinct values."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from .columns import Column, Columns
from .sparse import Sparse, from_entries, side_by_side
from .state import State
from .words import distinct_texts, words


def apply(state: State, columns: Columns) -> Sparse:
    """Shape (rows, width * columns). A missing value is a row of zeros, and no value is unknown."""
    width, by_words = state.values["width"], state.values["tokens"] == "words"
    parts = [_hashed(name, columns[name], width, by_words) for name in state.values["columns"]]
    return side_by_side(parts)


def _hashed(name: str, column: Column, width: int, by_words: bool) -> Sparse:
    texts, rows = distinct_texts(column)
    at, slots, signs = [], [], []
    for i, text in enumerate(texts):
        for token in words(text) if by_words else [text]:
            digest = _digest(name, token)
            at.append(i)
            slots.append((digest >> 1) % width)
            signs.append(1.0 if digest & 1 else -1.0)
    keys = np.array(at, dtype=np.int64) * width + np.array(slots, dtype=np.int64)
    entries, codes = np.unique(keys, return_inverse=True)
    sums = np.bincount(codes, weights=np.array(signs, dtype=np.float64), minlength=len(entries)).astype(np.float64)
    table = from_entries(entries // width, entries % width, sums, (len(texts) + 1, width))  # the last: missing
    return table.take(rows)


def _digest(name: str, token: str) -> int:
    text = f"{name}\0{token}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
