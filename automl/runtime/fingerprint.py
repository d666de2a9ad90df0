"""The hash of a column's values: the same for csv, gzip and parquet, for any chunks, for any dictionary of texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np

from .columns import Column, Floats, Text

_CHUNK = 1 << 16  # rows hashed at once: bounds the memory, not seen in the hash


class ColumnHash:
    """SHA-256 over the values of one column, fed in pieces in row order.

    A number counts as its eight bytes (little endian, one NaN, no negative zero), a text as the first 16 bytes of its
    own SHA-256, a missing text as 16 zeros.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, column: Column) -> None:
        """Add the next rows."""
        if isinstance(column, Text):
            self._update_text(column)
        else:
            self._update_floats(column)

    def hexdigest(self) -> str:
        """`sha256:` and 64 digits, for the rows so far."""
        return "sha256:" + self._hash.hexdigest()

    def _update_floats(self, values: Floats) -> None:
        for start in range(0, len(values), _CHUNK):
            part = values[start : start + _CHUNK] + 0.0  # a copy; -0.0 becomes 0.0
            part[np.isnan(part)] = np.nan
            self._hash.update(part.astype("<f8", copy=False).tobytes())

    def _update_text(self, text: Text) -> None:
        digests = b"".join(hashlib.sha256(level.encode(errors="surrogatepass")).digest()[:16] for level in text.levels)
        table = np.frombuffer(digests + bytes(16), dtype="V16")  # the last one answers for code -1
        for start in range(0, len(text), _CHUNK):
            self._hash.update(table[text.codes[start : start + _CHUNK]].tobytes())


def fingerprint_column(column: Column) -> str:
    """The hash of a whole column."""
    whole = ColumnHash()
    whole.update(column)
    return whole.hexdigest()


def fingerprint_table(columns: Iterable[tuple[str, str]]) -> str:
    """The hash of a table: over the names and hashes of its columns, in their order."""
    text = json.dumps([list(pair) for pair in columns], separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
