"""The training table, cut into rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .fitting.target import Target
from .scoring.columns import Columns, Floats, Ints, take


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
