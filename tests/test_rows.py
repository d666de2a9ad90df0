"""Splits and row-sets: partitions, groups and times kept whole, and the symbolic algebra against the resolved rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.rows import ALL, RowContext, Rows, RowSet, Split, digest_rows, disjoint, resolve
from automl.runtime.splits import Facts, SplitKind, fold_of, holdout_of, inside, sample_of

KINDS: tuple[SplitKind, ...] = get_args(SplitKind)
Side = Literal["in", "out"]


@st.composite
def facts(draw: st.DrawFn, least: int = 8) -> Facts:
    count = draw(st.integers(least, 60))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    rows = np.sort(rng.choice(1000, count, replace=False)).astype(np.int64)
    order = rng.integers(0, draw(st.integers(6, 200)), count).astype(np.float64)
    strata = rng.integers(0, draw(st.integers(1, 4)), count)
    return Facts(rows, strata, rng.integers(0, draw(st.integers(5, 40)), count), order)


def cut(kind: SplitKind, given: Facts, folds: int, seed: int) -> np.ndarray | None:  # type: ignore[type-arg]
    """The folds; None where there are too few distinct groups or times."""
    distinct = {"group": given.groups, "time": given.order, "blocks": given.order}.get(kind)
    try:
        return fold_of(kind, given, folds, seed)
    except ValueError:
        assert distinct is not None and kind != "random"
        return None


@given(facts(), st.sampled_from(KINDS), st.integers(2, 5), st.integers(0, 3))
def test_every_row_is_out_once_and_fit_rows_are_others(given: Facts, kind: SplitKind, folds: int, seed: int) -> None:
    fold = cut(kind, given, folds, seed)
    if fold is None:
        return
    assert fold.dtype == np.int64 and fold.shape == given.rows.shape
    assert set(fold) - {-1} == set(range(folds))
    assert ((fold == -1).any()) == (kind == "time")
    for index in range(folds):
        fitted = inside(kind, fold, index)
        assert fitted.any() and not (fitted & (fold == index)).any()
        if kind != "time":
            assert (fitted | (fold == index)).all()


@given(facts(), st.integers(2, 5), st.integers(0, 3))
def test_folds_are_even(given: Facts, folds: int, seed: int) -> None:
    for kind in ("random", "stratified"):
        sizes = np.bincount(fold_of(kind, given, folds, seed), minlength=folds)
        assert sizes.max() - sizes.min() <= 1
    fold = fold_of("stratified", given, folds, seed)
    assert given.strata is not None
    for code in np.unique(given.strata):
        sizes = np.bincount(fold[given.strata == code], minlength=folds)
        assert sizes.max() - sizes.min() <= 1


@given(facts(), st.integers(2, 4), st.integers(0, 3))
def test_groups_are_whole_and_balanced(given: Facts, folds: int, seed: int) -> None:
    fold = cut("group", given, folds, seed)
    assert given.groups is not None
    held = holdout_of("group", given, 0.3, seed)
    for group in np.unique(given.groups):
        member = given.groups == group
        assert len(set(held[member])) == 1
        assert fold is None or len(set(fold[member])) == 1
    if fold is not None:
        sizes, largest = np.bincount(fold), np.bincount(given.groups).max()
        assert sizes.max() - sizes.min() <= largest


def test_large_groups_are_dealt_out_first() -> None:
    groups = np.array([0, 1, 2, 3, 4, 5, *[6] * 6])
    for seed in range(5):
        fold = fold_of("group", Facts(np.arange(12, dtype=np.int64), groups=groups), 2, seed)
        assert list(np.bincount(fold)) == [6, 6]


@given(facts(), st.integers(2, 4))
def test_nothing_is_fitted_on_the_future(given: Facts, folds: int) -> None:
    fold = cut("time", given, folds, 0)
    assert given.order is not None
    held = holdout_of("time", given, 0.25, 0)
    assert given.order[~held].max() < given.order[held].min()
    for index in range(folds if fold is not None else 0):
        assert given.order[inside("time", fold, index)].max() < given.order[fold == index].min()


@given(facts(), st.integers(2, 4))
def test_blocks_follow_each_other(given: Facts, folds: int) -> None:
    fold = cut("blocks", given, folds, 0)
    assert given.order is not None
    if fold is not None:
        for one, next_one in pairwise(range(folds)):
            assert given.order[fold == one].max() < given.order[fold == next_one].min()
    plain = fold_of("blocks", Facts(given.rows), folds, 0)
    assert (np.diff(plain) >= 0).all()


@given(facts(), st.sampled_from(KINDS), st.integers(0, 3))
def test_a_holdout_has_about_its_share(given: Facts, kind: SplitKind, seed: int) -> None:
    held = holdout_of(kind, given, 0.25, seed)
    assert held.any() and not held.all()
    slack = {"random": 0.5, "stratified": 2.0}.get(kind)
    if slack is not None:
        assert abs(held.sum() - 0.25 * len(held)) <= slack


def test_known_splits_stay() -> None:
    """Bits of a split are part of every digest: a change here breaks locks."""
    some = Facts(np.arange(12, dtype=np.int64), np.arange(12) % 2, np.arange(12) // 3, np.arange(12) / 2.0)
    assert {kind: list(fold_of(kind, some, 3, 7)) for kind in KINDS} == KNOWN
    assert np.flatnonzero(holdout_of("random", some, 0.25, 7)).tolist() == KNOWN_HOLDOUT
    assert np.flatnonzero(sample_of(some, 4, 7)).tolist() == KNOWN_SAMPLE


KNOWN: dict[str, list[int]] = {
    "random": [0, 0, 2, 0, 1, 1, 0, 1, 2, 2, 1, 2],
    "stratified": [0, 1, 0, 2, 2, 0, 2, 1, 1, 0, 1, 2],
    "group": [0, 0, 0, 0, 0, 0, 2, 2, 2, 1, 1, 1],
    "time": [-1, -1, -1, 0, 0, 0, 1, 1, 1, 2, 2, 2],
    "blocks": [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
}
KNOWN_HOLDOUT = [1, 2, 7]
KNOWN_SAMPLE = [1, 4, 6, 7]


@given(facts(), st.sampled_from(KINDS))
def test_codes_and_positions_mean_nothing(given: Facts, kind: SplitKind) -> None:
    """Other names for classes and groups, or another order of the rows, give the same folds to the same rows."""
    fold = cut(kind, given, 3, 1)
    assert given.strata is not None and given.groups is not None
    if kind == "group":
        fold_renamed = cut(kind, Facts(given.rows, given.strata, 999 - given.groups, given.order), 3, 1)
        assert fold is None or np.array_equal(fold, fold_renamed)
    turned = cut(kind, given.at(np.arange(len(given.rows))[::-1]), 3, 1)
    assert fold is None or np.array_equal(fold, turned[::-1])


def test_other_seeds_cut_otherwise_and_purposes_are_independent() -> None:
    some = Facts(np.arange(1000, dtype=np.int64))
    assert (fold_of("random", some, 5, 0) != fold_of("random", some, 5, 1)).mean() > 0.7
    held = holdout_of("random", some, 0.5, 0)
    shares = [held[fold_of("random", some, 5, 0) == index].mean() for index in range(5)]
    assert all(0.35 < share < 0.65 for share in shares)


@given(facts(), st.integers(1, 70), st.integers(0, 3))
def test_samples(given: Facts, count: int, seed: int) -> None:
    chosen = sample_of(given, count, seed)
    assert chosen.sum() == min(count, len(given.rows))
    assert given.strata is not None
    codes, sizes = np.unique(given.strata, return_counts=True)
    if count >= 2 * len(codes):
        for code, size in zip(codes, sizes, strict=True):
            took = int(chosen[given.strata == code].sum())
            assert took >= 1
            assert abs(took - size * min(1.0, count / len(given.rows))) <= 2.0
    smaller = sample_of(Facts(given.rows), max(1, count // 2), seed)
    assert (smaller <= sample_of(Facts(given.rows), count, seed)).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda f: fold_of("random", f, 7, 0), "6 rows cannot be cut into 7 random folds"),
        (lambda f: fold_of("random", f, 1, 0), "at least 2"),
        (lambda f: fold_of("group", f, 3, 0), "2 groups of 6 rows"),
        (lambda f: fold_of("time", f, 3, 0), "3 times of 6 rows"),
        (lambda f: holdout_of("group", f.at(np.arange(3)), 0.5, 0), "one side would be empty"),
        (lambda f: holdout_of("time", f.at(np.arange(2)), 0.5, 0), "one side would be empty"),
        (lambda f: holdout_of("stratified", f.at(np.arange(2)), 0.2, 0), "one side would be empty"),
        (lambda f: holdout_of("random", f, 1.0, 0), "between 0 and 1"),
        (lambda f: holdout_of("random", f.at(np.arange(0)), 0.5, 0), "0 rows"),
        (lambda f: fold_of("stratified", Facts(f.rows), 2, 0), "needs classes"),
        (lambda f: fold_of("time", Facts(f.rows, order=f.order * np.nan), 2, 0), "missing values"),
        (lambda f: sample_of(f, 0, 0), "empty"),
    ],
)
def test_a_side_without_rows_is_an_error(call: object, says: str) -> None:
    few = np.array([0, 0, 0, 1, 1, 1])
    some = Facts(np.arange(6, dtype=np.int64), few, few, np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0]))
    with pytest.raises(ValueError, match=says):
        call(some)  # type: ignore[operator]


RNG = np.random.default_rng(0)
CONTEXT = RowContext(120, RNG.integers(0, 3, 120), RNG.integers(0, 30, 120), RNG.permutation(120).astype(np.float64))
SPLITS = st.builds(
    lambda kind, form, seed: Split(kind=kind, seed=seed, **form),
    st.sampled_from(KINDS),
    st.sampled_from([{"folds": 2}, {"folds": 3}, {"share": 0.3}]),
    st.integers(0, 1),
) | st.builds(lambda count: Split(kind="sample", count=count), st.integers(30, 60))
SIDES: st.SearchStrategy[Side] = st.sampled_from(["in", "out"])


@st.composite
def row_sets(draw: st.DrawFn) -> RowSet:
    found = ALL
    for _ in range(draw(st.integers(0, 2))):
        split = draw(SPLITS)
        found = found.part(split, draw(st.integers(0, (split.folds or 1) - 1)), draw(SIDES))
    return found


@given(row_sets(), row_sets())
def test_what_is_said_symbolically_holds_for_the_rows(a: RowSet, b: RowSet) -> None:
    rows = Rows(CONTEXT)
    try:
        in_a, in_b = set(rows.resolve(a)), set(rows.resolve(b))
    except ValueError:  # two cuts may leave too little for a third
        return
    assert not disjoint(a, b) or not in_a & in_b
    assert disjoint(a, b) == disjoint(b, a)


@settings(max_examples=60, deadline=None)
@given(row_sets(), SPLITS.filter(lambda split: split.kind != "sample"))
def test_two_sides_of_a_part_are_disjoint_both_ways(parent: RowSet, split: Split) -> None:
    inner, outer = parent.part(split, 0, "in"), parent.part(split, 0, "out")
    assert disjoint(inner, outer) and disjoint(outer, inner)


def test_resolved_rows_are_sorted_shared_and_read_only() -> None:
    rows = Rows(CONTEXT)
    dev = ALL.part(Split(kind="stratified", share=0.2), 0, "in")
    fold = dev.part(Split(kind="group", folds=3), 1, "out")
    found = rows.resolve(fold)
    assert found is rows.resolve(RowSet.model_validate(fold.model_dump()))
    assert found.dtype == np.int64 and (np.diff(found) > 0).all() and not found.flags.writeable
    assert np.array_equal(found, resolve(fold, CONTEXT))
    assert np.array_equal(rows.resolve(ALL), np.arange(120))


def test_folds_inside_a_holdout_are_a_partition() -> None:
    rows = Rows(CONTEXT)
    dev = ALL.part(Split(kind="random", share=0.25, seed=3), 0, "in")
    split = Split(kind="stratified", folds=4, seed=3)
    parts = [rows.resolve(dev.part(split, index, "out")) for index in range(4)]
    assert np.array_equal(np.sort(np.concatenate(parts)), rows.resolve(dev))
    assert len(rows.resolve(dev)) == 90


@pytest.mark.parametrize("split", [Split(kind="random"), Split(kind="sample"), Split(kind="random", folds=2)])
def test_malformed_splits(split: Split) -> None:
    with pytest.raises(ValueError, match=r"needs|no part"):
        resolve(ALL.part(split, 5, "out"), CONTEXT)


def test_digests_of_rows() -> None:
    assert digest_rows(np.arange(3)) == digest_rows(np.arange(3, dtype=np.int32).astype(np.int64))
    assert digest_rows(np.arange(3)) != digest_rows(np.arange(4))
    assert digest_rows(np.arange(3))[:7] == "sha256:"
