"""Rows that a user cuts: gaps in time, folds that a column names, test files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.rows import ALL, RowContext, Rows, RowSet, Split, disjoint, resolve
from automl.runtime.splits import Facts
from tests.test_rows import facts


def gapped(
    given: Facts, folds: int, rows: int | None, seconds: float | None
) -> tuple[Rows, list[RowSet], list[RowSet]]:
    """The sides of the folds of a split in time with a gap."""
    split = Split(kind="time", folds=folds, gap_rows=rows, gap_s=seconds)
    rows_of = Rows(RowContext(len(given.rows), order=given.order))
    return rows_of, *([ALL.part(split, k, side) for k in range(folds)] for side in ("in", "out"))  # type: ignore[return-value]


@given(facts(), st.integers(2, 4), st.none() | st.integers(1, 6), st.none() | st.sampled_from([0.5, 3.0, 20.0]))
def test_a_gap_lies_between_what_is_fitted_and_what_is_scored(
    given: Facts, folds: int, rows: int | None, seconds: float | None
) -> None:
    resolved, fitted, scored = gapped(given, folds, rows, seconds)
    plain, _, _ = gapped(given, folds, None, None)
    assert given.order is not None
    for k in range(folds):
        try:
            one, other = resolved.resolve(fitted[k]), resolved.resolve(scored[k])
        except ValueError:
            continue  # too few times, or the gap swallows all
        whole = plain.resolve(ALL.part(Split(kind="time", folds=folds), k, "in"))
        last, first = given.order[one].max(), given.order[other].min()
        assert set(one) <= set(whole) and not set(one) & set(other)
        between = whole[given.order[whole] > last]
        assert last < first and len(between) >= (rows or 0) and first - last >= (seconds or 0.0)
        left_out = np.setdiff1d(whole, one)  # no more than needed: the latest of them would break the gap
        if len(left_out):
            time = given.order[left_out].min()
            assert (given.order[whole] > time).sum() < (rows or 0) or first - time < (seconds or 0.0)


@given(facts(), st.integers(0, 5))
def test_a_gap_beside_a_holdout_is_in_neither_part(given: Facts, rows: int) -> None:
    split = Split(kind="time", share=0.25, gap_rows=rows or None)
    resolved = Rows(RowContext(len(given.rows), order=given.order))
    assert given.order is not None
    try:
        dev, held = (resolved.resolve(ALL.part(split, 0, side)) for side in ("in", "out"))  # type: ignore[arg-type]
    except ValueError:
        return
    assert given.order[dev].max() < given.order[held].min()
    between = (given.order > given.order[dev].max()) & (given.order < given.order[held].min())
    assert between.sum() >= rows and len(dev) + len(held) + between.sum() == len(given.rows)


def test_a_gap_that_swallows_all_and_one_without_time_are_errors() -> None:
    order = np.arange(12.0)
    for split in (Split(kind="time", folds=3, gap_rows=3), Split(kind="time", folds=3, gap_s=4.0)):
        with pytest.raises(ValueError, match="the gap leaves no row"):
            resolve(ALL.part(split, 0, "in"), RowContext(12, order=order))
    with pytest.raises(ValueError, match="order in time"):
        resolve(ALL.part(Split(kind="random", folds=3, gap_rows=1), 0, "in"), RowContext(12, order=order))


@given(st.lists(st.integers(-1, 4), min_size=1, max_size=40), st.integers(2, 5))
def test_folds_of_a_column_are_its_values(codes: list[int], folds: int) -> None:
    """Each is out once, but those without one: they are in every training part."""
    named = np.minimum(np.array(codes, dtype=np.int64), folds - 1)
    rows, split = Rows(RowContext(len(named), folds=named)), Split(kind="column", folds=folds)
    if set(range(folds)) - set(named.tolist()):
        with pytest.raises(ValueError, match="has no row"):
            rows.resolve(ALL.part(split, 0, "out"))
        return
    for k in range(folds):
        fitted, scored = (rows.resolve(ALL.part(split, k, side)) for side in ("in", "out"))  # type: ignore[arg-type]
        assert (named[scored] == k).all() and np.array_equal(np.union1d(fitted, scored), np.arange(len(named)))
        assert not set(fitted) & set(scored) and set(np.flatnonzero(named == -1)) <= set(fitted)


@given(st.integers(2, 40), st.data())
def test_a_test_file_is_the_rows_after_the_others(count: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, count - 1))
    rows, split = Rows(RowContext(count)), Split(kind="file", count=first)
    fitted, held = (ALL.part(split, 0, side) for side in ("in", "out"))  # type: ignore[arg-type]
    assert list(rows.resolve(fitted)) == list(range(first)) and disjoint(fitted, held)
    assert list(rows.resolve(held)) == list(range(first, count))
    with pytest.raises(ValueError, match="none to test on"):
        rows.resolve(ALL.part(Split(kind="file", count=count), 0, "out"))


def test_a_split_without_a_gap_is_written_as_before() -> None:
    """Seeds derive from this text."""
    assert set(Split(kind="time", folds=3).model_dump()) == {"kind", "folds", "share", "count", "seed"}
    gap = Split(kind="time", folds=3, gap_rows=2)
    assert gap.model_dump()["gap_rows"] == 2 and Split.model_validate(gap.model_dump()) == gap
