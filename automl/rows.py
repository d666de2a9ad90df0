"""RowSets: which rows of the table, as a path of splits from all rows down. Symbolic: leaks are seen statically."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from automl.runtime.columns import Ints
from automl.runtime.splits import Facts, fold_of, holdout_of, inside, sample_of
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
    """One side of one part of a split: `out` is the part itself (what is scored), `in` the rest that may be fitted on.

    A sample has one part without a rest: both its sides are the sample.
    """

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
    """Whether no row can be in both, by construction: two parts of one split, or two sides of one part."""
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
    """The row numbers of the set, ascending, int64. Raises ValueError where a split leaves a side empty."""
    return Rows(context).resolve(rows)


class Rows:
    """The row-sets of one table, each resolved once. Arrays are shared: they are read-only."""

    def __init__(self, context: RowContext) -> None:
        self._all = Facts(np.arange(context.rows, dtype=np.int64), context.strata, context.groups, context.order)
        self._sets: dict[tuple[Step, ...], Ints] = {}
        self._parts: dict[tuple[tuple[Step, ...], Split], Ints] = {}

    def resolve(self, rows: RowSet) -> Ints:
        """The row numbers of the set, ascending, int64. Raises ValueError where a split leaves a side empty."""
        found = self._sets.get(rows.path)
        if found is None:
            found = self._all.rows if not rows.path else self._step(rows.path[:-1], rows.path[-1])
            found.flags.writeable = False
            self._sets[rows.path] = found
        return found

    def _step(self, path: tuple[Step, ...], step: Step) -> Ints:
        whole = self.resolve(RowSet(path=path))
        part = self._parts.get((path, step.split))
        if part is None:
            part = self._parts[path, step.split] = _part_of(step.split, self._all.at(whole))
        if step.split.kind == "sample":
            chosen = part == 0  # a sample is what is fitted on: it has no other side
        elif not 0 <= step.index < (step.split.folds or 1):
            raise ValueError(f"a split into {step.split.folds or 1} parts has no part {step.index}")
        else:
            chosen = part == step.index if step.side == "out" else inside(step.split.kind, part, step.index)
        found: Ints = whole[chosen]
        return found


def _part_of(split: Split, facts: Facts) -> Ints:
    """The part of each row, int64: its fold; of a holdout or a sample 0 for what is in it, -1 for the rest."""
    if split.kind == "sample":
        if split.count is None:
            raise ValueError("a sample needs a count")
        return _marked(sample_of(facts, split.count, split.seed))
    if split.folds is not None:
        return fold_of(split.kind, facts, split.folds, split.seed)
    if split.share is None:
        raise ValueError("a split needs folds or a share")
    return _marked(holdout_of(split.kind, facts, split.share, split.seed))


def _marked(chosen: npt.NDArray[np.bool_]) -> Ints:
    found: Ints = chosen.astype(np.int64) - 1
    return found


def digest_rows(rows: Ints) -> str:
    """`sha256:` and the hash of row numbers (eight bytes each, little endian, in their order)."""
    return "sha256:" + hashlib.sha256(np.ascontiguousarray(rows, dtype="<i8").tobytes()).hexdigest()
