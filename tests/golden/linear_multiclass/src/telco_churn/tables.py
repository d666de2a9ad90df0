"""The training table, cut into rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .fitting.target import Target
from .scoring.columns import Columns, Floats, Ints, Matrix, take
from .scoring.splits import Facts, SplitKind, fold_of, inside


@dataclass(frozen=True)
class Table:
    """The rows that have a target. `values`: class codes, or numbers where `classes` is 0.

    `groups` (codes) and `order` (a number per row, such as a time) are what rows may be cut by.
    """

    columns: Columns
    values: npt.NDArray[np.int64] | Floats
    classes: int
    groups: Ints | None = None
    order: Floats | None = None

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.values)

    def take(self, names: Sequence[str], rows: Ints | None = None) -> Columns:
        """These columns at these rows (all of them: None), with nothing left of other rows."""
        at = np.arange(self.rows) if rows is None else rows
        return {name: take(self.columns[name], at) for name in names}

    def target(self, rows: Ints | None = None) -> Target:
        """The target at these rows."""
        return Target(self.values if rows is None else self.values[rows], self.classes)

    @cached_property
    def facts(self) -> Facts:
        """What a cut of the rows looks at."""
        strata = self.values.astype(np.int64) if self.classes else None
        return Facts(np.arange(self.rows), strata, self.groups, self.order)


@dataclass(frozen=True)
class Cut:
    """A cut of all rows into folds."""

    kind: SplitKind
    folds: int
    seed: int

    def sides(self, table: Table, fold: int) -> tuple[Ints, Ints]:
        """The rows that one fold's fit sees, and the rows that it is applied to."""
        folds = fold_of(self.kind, table.facts, self.folds, self.seed)
        return np.flatnonzero(inside(self.kind, folds, fold)), np.flatnonzero(folds == fold)


def stitch(rows: int, parts: Iterable[tuple[Ints, Matrix]]) -> Matrix:
    """The parts, each with its rows, put back into one matrix."""
    parts = list(parts)
    whole = np.empty((rows, parts[0][1].shape[1]), dtype=np.float64)
    for at, part in parts:
        whole[at] = part
    return whole
