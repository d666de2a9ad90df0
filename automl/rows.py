"""RowSets: which rows of the table, as a path of splits from all rows down. Symbolic: leaks are seen statically."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import SerializerFunctionWrapHandler, model_serializer

from automl.runtime.columns import Ints
from automl.runtime.splits import Facts, fold_of, holdout_of, inside, sample_of
from automl.value import Value

SplitKind = Literal["random", "stratified", "group", "time", "blocks", "sample", "column", "file"]


class Split(Value):
    """One way to cut a set of rows. `folds` parts, or one part of `share` (a holdout), or `count` rows (a sample).

    `column`: the folds that a column gives. `file`: one part, the rows from number `count` on (a test file). Time only:
    `gap_rows` rows, or `gap_s` of time, that lie between the last row of `in` and the first one of `out`, in neither.
    """

    kind: SplitKind
    folds: int | None = None
    share: float | None = None
    count: int | None = None
    seed: int = 0
    gap_rows: int | None = None
    gap_s: float | None = None

    @model_serializer(mode="wrap")
    def _without_gap(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A split without a gap is written as before there were gaps: its digest, and every seed of it, stay."""
        shown: dict[str, Any] = handler(self)
        return {name: value for name, value in shown.items() if value is not None or not name.startswith("gap_")}


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
    """What splits look at: number of rows, class codes, group codes, order in time (each of shape (rows,), or None).

    `folds`: the fold that a column gives each row, from 0; -1 for rows without one, which are always trained on.
    """

    rows: int
    strata: npt.NDArray[np.int64] | None = None
    groups: npt.NDArray[np.int64] | None = None
    order: npt.NDArray[np.float64] | None = None
    folds: npt.NDArray[np.int64] | None = None


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
        self._folds = context.folds
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
            part = self._parts[path, step.split] = self._part_of(step.split, whole)
        if step.split.kind == "sample":
            chosen = part == 0  # a sample is what is fitted on: it has no other side
        elif not 0 <= step.index < (step.split.folds or 1):
            raise ValueError(f"a split into {step.split.folds or 1} parts has no part {step.index}")
        else:
            chosen = part == step.index if step.side == "out" else self._fitted(step, whole, part)
        found: Ints = whole[chosen]
        return found

    def _part_of(self, split: Split, whole: Ints) -> Ints:
        """The part of each row, int64: its fold; of a holdout or a sample 0 for what is in it, -1 for the rest."""
        if split.kind == "file":
            return _marked(_since(split, whole))
        if split.kind == "column":
            return _named_folds(split, self._folds, whole)
        return _part_of(split, self._all.at(whole))

    def _fitted(self, step: Step, whole: Ints, part: Ints) -> npt.NDArray[np.bool_]:
        """The rows of the `in` side. Raises ValueError where a gap leaves none."""
        split = step.split
        if split.kind == "column" or split.kind == "file":
            others: npt.NDArray[np.bool_] = part != step.index
            return others
        assert split.kind != "sample"
        found = inside(split.kind, part, step.index)
        if split.gap_rows is None and split.gap_s is None:
            return found
        order = self._all.order
        if split.kind != "time" or order is None:
            raise ValueError("a gap needs an order in time")
        found = before_gap(order[whole], found, part == step.index, split.gap_rows or 0, split.gap_s or 0.0)
        if not found.any():
            raise ValueError("the gap leaves no row to fit on before the first row that is scored")
        return found


def before_gap(
    order: npt.NDArray[np.float64],
    fitted: npt.NDArray[np.bool_],
    scored: npt.NDArray[np.bool_],
    rows: int,
    seconds: float,
) -> npt.NDArray[np.bool_]:
    """Those of the fitted rows that a gap leaves: at least `rows` later ones and `seconds` lie before what is scored.

    Equal times stay together, so that more than `rows` rows may be left out.
    """
    times = np.sort(order[fitted])
    later = len(times) - np.searchsorted(times, order, side="right")
    left: npt.NDArray[np.bool_] = fitted & (later >= rows) & (order <= order[scored].min() - seconds)
    return left


def _since(split: Split, whole: Ints) -> npt.NDArray[np.bool_]:
    if split.count is None:
        raise ValueError("a split by files needs a count")
    found: npt.NDArray[np.bool_] = whole >= split.count
    if found.all() or not found.any():
        raise ValueError("there are no rows to train on, or none to test on")
    return found


def _named_folds(split: Split, folds: npt.NDArray[np.int64] | None, whole: Ints) -> Ints:
    if folds is None or split.folds is None:
        raise ValueError("a split by a column needs that column and a number of folds")
    part = folds[whole]
    sizes = np.bincount(part[part >= 0], minlength=split.folds)
    if sizes.min() == 0:
        raise ValueError(f"fold {int(sizes.argmin())} of the column has no row here")
    return part


def _part_of(split: Split, facts: Facts) -> Ints:
    if split.kind == "sample":
        if split.count is None:
            raise ValueError("a sample needs a count")
        return _marked(sample_of(facts, split.count, split.seed))
    assert split.kind != "column" and split.kind != "file"
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
