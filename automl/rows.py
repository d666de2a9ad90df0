"""RowSets: which rows of the table, as a path of splits from all rows down. Symbolic, so that leaks are seen statically."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from automl.runtime.columns import Ints
from automl.value import Value

SplitKind = Literal["random", "stratified", "group", "time", "blocks", "sample"]


class Split(Value):
    """One way to cut a set of rows. `folds` parts, or one part of `share` (a holdout), or `count` rows (a sample)."""

    kind: SplitKind
    folds: int | None = None
    share: float | None = None
    count: int | None = None
    seed: int = 0


class Step(Value):
    """One side of one part of a split: `out` is the part itself (what is scored), `in` is the rest that may be fitted on."""

    split: Split
    index: int
    side: Literal["in", "out"]


class RowSet(Value):
    """A path of steps from the whole table; the empty path is all rows."""

    path: tuple[Step, ...] = ()

    def part(self, split: Split, index: int, side: Literal["in", "out"]) -> RowSet:
        """The rows of this set on one side of one part of `split`."""
        return RowSet(path=(*self.path, Step(split=split, index=index, side=side)))


ALL = RowSet()


@dataclass(frozen=True)
class RowContext:
    """What splits look at: number of rows, class codes, group codes, order in time (each of shape (rows,), or None)."""

    rows: int
    strata: npt.NDArray[np.int64] | None = None
    groups: npt.NDArray[np.int64] | None = None
    order: npt.NDArray[np.float64] | None = None


def contains(outer: RowSet, inner: RowSet) -> bool:
    """Whether `inner` is a subset of `outer` by construction."""
    return inner.path[: len(outer.path)] == outer.path


def disjoint(a: RowSet, b: RowSet) -> bool:
    """Whether no row can be in both, by construction: they part at two parts, or at two sides of one part, of one split."""
    for step_a, step_b in zip(a.path, b.path, strict=False):
        if step_a == step_b:
            continue
        if step_a.split != step_b.split or step_a.split.kind == "sample":
            return False
        if step_a.side == step_b.side == "out":
            return step_a.index != step_b.index
        return step_a.side != step_b.side and step_a.index == step_b.index
    return False


def resolve(rows: RowSet, context: RowContext) -> Ints:
    """The row numbers of the set, ascending, int64."""
    raise NotImplementedError
