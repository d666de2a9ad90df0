"""Which rows go where: folds, holdouts and samples. Pure functions of row numbers, a seed, and facts of the rows.

Randomness is a hash of (seed, row number), Steele, Lea and Flood's SplitMix64 (OOPSLA 2014), so that no version of
numpy can change a split, and a row's luck does not depend on the other rows.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from .columns import Floats, Ints

SplitKind = Literal["random", "stratified", "group", "time", "blocks"]
Bools = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Facts:
    """What a split looks at, each of shape (rows,): row numbers in the table, class and group codes, order in time."""

    rows: Ints
    strata: Ints | None = None
    groups: Ints | None = None
    order: Floats | None = None

    def at(self, positions: Ints | Bools) -> Facts:
        """The facts of some of the rows."""
        strata, groups, order = (None if x is None else x[positions] for x in (self.strata, self.groups, self.order))
        return Facts(self.rows[positions], strata, groups, order)  # type: ignore[arg-type]


def fold_of(kind: SplitKind, facts: Facts, folds: int, seed: int) -> Ints:
    """The fold of each row, shape (rows,), int64: 0 to folds - 1; -1 for rows that are in no fold's outer part (time).

    Kinds: random; stratified (each class spread evenly); group (groups kept whole, balanced by size); time (blocks
    after a first one, in order of time, equal times together); blocks (contiguous in time, or in row order where there
    is none). Raises ValueError where a fold would be empty.
    """
    if folds < 2:
        raise ValueError(f"folds must be at least 2, not {folds}")
    found = _FOLDS[kind](facts, folds, seed)
    sizes = np.bincount(found[found >= 0], minlength=folds)
    if len(found) == 0 or sizes.min() == 0:
        raise ValueError(f"{_amount(kind, facts)} cannot be cut into {folds} {kind} folds: one would be empty")
    return found


def inside(kind: SplitKind, fold: Ints, index: int) -> Bools:
    """The rows that may be fitted on when fold `index` is scored: all others, or, in time, all earlier ones."""
    return fold < index if kind == "time" else fold != index


def holdout_of(kind: SplitKind, facts: Facts, share: float, seed: int) -> Bools:
    """Whether each row is held out: about `share` of them, shape (rows,).

    random; stratified (of each class, rounded, never all of it); group (whole groups); time and blocks (the last ones,
    equal times together). Raises ValueError where either side would be empty.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"the share of a holdout must lie between 0 and 1, not {share}")
    found = _HOLDOUTS[kind](facts, share, seed) if len(facts.rows) else np.zeros(0, dtype=np.bool_)
    if not found.any() or found.all():
        raise ValueError(f"{_amount(kind, facts)} cannot give a {kind} holdout of {share:g}: one side would be empty")
    return found


def sample_of(facts: Facts, count: int, seed: int) -> Bools:
    """Whether each row is in a sample of `count` rows (all where there are no more). Classes keep their shares.

    Every class keeps a row where `count` allows. Raises ValueError for a sample of no rows.
    """
    if count < 1 or len(facts.rows) == 0:
        raise ValueError(f"a sample of {count} out of {len(facts.rows)} rows is empty")
    if count >= len(facts.rows):
        return np.ones(len(facts.rows), dtype=np.bool_)
    luck = row_hash(facts.rows, seed, "sample")
    if facts.strata is None:
        return _first(luck, facts.rows, count)
    codes, sizes = np.unique(facts.strata, return_counts=True)
    found = np.zeros(len(facts.rows), dtype=np.bool_)
    for code, size in zip(codes, _shares_of(sizes, count), strict=True):
        at = np.flatnonzero(facts.strata == code)
        found[at] = _first(luck[at], facts.rows[at], int(size))
    return found


_SALT: Mapping[str, int] = {"folds": 1, "holdout": 2, "sample": 3}  # a seed's folds say nothing of its holdout


def row_hash(rows: Ints, seed: int, purpose: str) -> Hashes:
    """The luck of each row: 64 bits of hash of (seed, purpose, row number)."""
    start = np.array([(seed * 4 + _SALT[purpose]) & (2**64 - 1)], dtype=np.uint64)
    return _split_mix(_split_mix(start) ^ rows.astype(np.uint64))


def _split_mix(state: Hashes) -> Hashes:
    z = state + np.uint64(0x9E3779B97F4A7C15)  # arrays of uint64 wrap around silently, as the method wants
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _random_folds(facts: Facts, folds: int, seed: int) -> Ints:
    return _deal(np.lexsort((facts.rows, row_hash(facts.rows, seed, "folds"))), folds)


def _stratified_folds(facts: Facts, folds: int, seed: int) -> Ints:
    """Class after class is dealt out, and the next one starts where the last one ended: rare classes do not pile up."""
    strata = _need(facts.strata, "stratified", "classes")
    return _deal(np.lexsort((facts.rows, row_hash(facts.rows, seed, "folds"), strata)), folds)


def _deal(ordered: Ints, folds: int) -> Ints:
    found = np.empty(len(ordered), dtype=np.int64)
    found[ordered] = np.arange(len(ordered)) % folds
    return found


def _group_folds(facts: Facts, folds: int, seed: int) -> Ints:
    """The largest group first, each to the fold that is smallest so far; among equals by luck, then by number."""
    member, sizes, luck = _groups(facts, seed, "folds")
    heap = [(0, fold) for fold in range(folds)]
    home = np.empty(len(sizes), dtype=np.int64)
    for group in np.lexsort((luck, -sizes)):
        rows, fold = heapq.heappop(heap)
        home[group] = fold
        heapq.heappush(heap, (rows + int(sizes[group]), fold))
    return home[member]


def _groups(facts: Facts, seed: int, purpose: str) -> tuple[Ints, Ints, Hashes]:
    """Each row's group, each group's size and luck. The luck is that of its first row: codes mean nothing."""
    groups = _need(facts.groups, "group", "groups")
    _, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    member = member.reshape(-1).astype(np.int64)
    first = np.full(len(sizes), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, member, facts.rows)
    return member, sizes.astype(np.int64), row_hash(first, seed, purpose)


def _time_folds(facts: Facts, folds: int, seed: int) -> Ints:
    del seed
    order = _need(facts.order, "time", "times")
    return _rank(order) * (folds + 1) // max(1, len(order)) - 1


def _block_folds(facts: Facts, folds: int, seed: int) -> Ints:
    del seed
    return _rank(_in_line(facts)) * folds // max(1, len(facts.rows))


def _in_line(facts: Facts) -> Floats:
    return facts.rows.astype(np.float64) if facts.order is None else facts.order


def _rank(order: Floats) -> Ints:
    """How many rows come strictly before each row: equal times have equal ranks, so that no cut parts them."""
    if np.isnan(order).any():
        raise ValueError("the order in time has missing values")
    return np.searchsorted(np.sort(order), order, side="left").astype(np.int64)


def _random_holdout(facts: Facts, share: float, seed: int) -> Bools:
    count = min(max(1, _round(len(facts.rows) * share)), len(facts.rows) - 1)
    return _first(row_hash(facts.rows, seed, "holdout"), facts.rows, count)


def _stratified_holdout(facts: Facts, share: float, seed: int) -> Bools:
    strata = _need(facts.strata, "stratified", "classes")
    luck = row_hash(facts.rows, seed, "holdout")
    found = np.zeros(len(facts.rows), dtype=np.bool_)
    for code in np.unique(strata):
        at = np.flatnonzero(strata == code)
        found[at] = _first(luck[at], facts.rows[at], min(_round(len(at) * share), len(at) - 1))
    return found


def _group_holdout(facts: Facts, share: float, seed: int) -> Bools:
    """Groups in order of luck, as long as the share comes nearer; the first one always, never all of them."""
    member, sizes, luck = _groups(facts, seed, "holdout")
    target = share * len(facts.rows)
    held = np.zeros(len(sizes), dtype=np.bool_)
    total = 0
    for group in np.argsort(luck, kind="stable"):
        nearer = abs(total + int(sizes[group]) - target) < abs(total - target)
        if (nearer or not held.any()) and held.sum() < len(sizes) - 1:
            held[group] = True
            total += int(sizes[group])
    return held[member]


def _last_holdout(order: Floats, share: float) -> Bools:
    """The rows after the cut; where all of them share the time of an earlier row, the last time there is."""
    found: Bools = _rank(order) >= len(order) - _round(len(order) * share)
    return found if found.any() else order == order.max()


def _time_holdout(facts: Facts, share: float, seed: int) -> Bools:
    del seed
    return _last_holdout(_need(facts.order, "time", "times"), share)


def _block_holdout(facts: Facts, share: float, seed: int) -> Bools:
    del seed
    return _last_holdout(_in_line(facts), share)


def _first(luck: Hashes, rows: Ints, count: int) -> Bools:
    """The `count` rows of the smallest luck."""
    found = np.zeros(len(rows), dtype=np.bool_)
    found[np.lexsort((rows, luck))[:count]] = True
    return found


def _shares_of(sizes: Ints, count: int) -> Ints:
    """`count` divided in proportion to `sizes` by largest remainders; one each first, where `count` allows."""
    least = np.minimum(sizes, 1 if count >= len(sizes) else 0)
    rest = sizes - least
    exact = rest * ((count - least.sum()) / max(1, rest.sum()))
    whole = np.floor(exact).astype(np.int64)
    left = int(count - least.sum() - whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    shares: Ints = least + whole
    return shares


def _round(value: float) -> int:
    return int(np.floor(value + 0.5))


def _need(values: npt.NDArray[Scalar] | None, kind: str, what: str) -> npt.NDArray[Scalar]:
    if values is None:
        raise ValueError(f"a {kind} split needs {what}, and there are none")
    return values


def _amount(kind: str, facts: Facts) -> str:
    """What there was to cut, in words."""
    rows = f"{len(facts.rows)} rows"
    if kind == "group" and facts.groups is not None:
        return f"{len(np.unique(facts.groups))} groups of {rows}"
    if kind in ("time", "blocks") and facts.order is not None:
        return f"{len(np.unique(facts.order))} times of {rows}"
    return rows


_FOLDS: Mapping[str, Callable[[Facts, int, int], Ints]] = {
    "random": _random_folds,
    "stratified": _stratified_folds,
    "group": _group_folds,
    "time": _time_folds,
    "blocks": _block_folds,
}
_HOLDOUTS: Mapping[str, Callable[[Facts, float, int], Bools]] = {
    "random": _random_holdout,
    "stratified": _stratified_holdout,
    "group": _group_holdout,
    "time": _time_holdout,
    "blocks": _block_holdout,
}
