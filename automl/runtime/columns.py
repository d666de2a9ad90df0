"""Raw columns as every operator sees them: float64 arrays, or dictionary-encoded text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]  # shape (rows, features), C order


@dataclass(frozen=True)
class Text:
    """A column of texts: `levels[codes[i]]` is the value of row i, code -1 is missing.

    The levels are a table's own dictionary: their order and the unused ones mean nothing.
    """

    codes: npt.NDArray[np.int32]
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)


Column = Floats | Text  # numbers, booleans (0/1) and datetimes (seconds since 1970, UTC) are float64, NaN is missing
Columns = Mapping[str, Column]


def row_count(columns: Columns) -> int:
    """The number of rows of a table with at least one column."""
    return len(next(iter(columns.values())))


def floats(column: Column) -> Floats:
    """The column as numbers. Raises TypeError for a column of texts."""
    if isinstance(column, Text):
        raise TypeError("a column of numbers was expected, not of texts")
    return column


def take(column: Column, rows: Ints) -> Column:
    """The column at those rows. Text keeps only the levels that occur, sorted: nothing of other rows is left."""
    if not isinstance(column, Text):
        return column[rows]
    codes = column.codes[rows]
    used = np.unique(codes[codes >= 0])
    order = sorted(range(len(used)), key=lambda i: column.levels[used[i]])
    new = np.full(len(column.levels) + 1, -1, dtype=np.int32)  # the last slot answers for code -1
    for position, i in enumerate(order):
        new[used[i]] = position
    return Text(new[codes], tuple(column.levels[used[i]] for i in order))


def level_lookup(column: Text, positions: Mapping[str, int], unknown: int, missing: int) -> Ints:
    """The position of every row's text; `unknown` for texts that have none, `missing` for missing ones."""
    table = np.array([positions.get(level, unknown) for level in column.levels] + [missing], dtype=np.int64)
    return table[column.codes]
