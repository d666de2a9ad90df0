"""The second promise, by trial: no fitted step ever sees a row on which something built from it is scored.

Static proofs are in `tests/test_tasks.py` and `tests/compiler/`; here every value of those rows is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from automl.catalog import OPERATORS
from automl.catalog.texts import TEXTS
from automl.data.dataset import Dataset
from automl.fit import Engine
from automl.fitting import levels
from automl.fitting.levels import SeenLevels
from automl.plan import Plan
from automl.rows import RowSet
from automl.runtime.columns import Column, Columns, Text
from automl.runtime.state import State
from automl.tasks import Fit
from tests.support.folds import CANDIDATES, KINDS, OTHERS, SMALL, Case, Leaking, compiled, honest
from tests.support.folds import one_thread as one_thread
from tests.support.tables import SPEC, mixed


@cache
def _compiled(kind: str, target: str) -> tuple[Plan, Dataset]:
    text = SPEC.replace("target: y", f"target: {target}") + KINDS[kind] + SMALL
    return compiled(mixed(300), text)


def case(kind: str, candidate: str, target: str = "y", fold: int = 1) -> Case:
    plan, dataset = _compiled(kind, target)
    return Case(plan, dataset, plan.candidate(candidate), fold)


def changed(dataset: Dataset, at: npt.NDArray[np.int64]) -> Dataset:
    """Every feature and the target with another value in those rows; missing values are no longer missing."""
    target = dataset.target.copy()
    target[at] = (target[at] + 1) % len(dataset.classes) if dataset.classes else -3.0 * target[at] + 7.0
    return replace(dataset, columns={n: _other(c, at) for n, c in dataset.columns.items()}, target=target)


def _other(column: Column, at: npt.NDArray[np.int64]) -> Column:
    if isinstance(column, Text):
        new = (*column.levels, *(f"new-{level}" for level in column.levels), "new")
        codes = column.codes.copy()
        codes[at] = np.where(codes[at] < 0, len(new) - 1, codes[at] + len(column.levels))
        return Text(codes, new)
    values = column.copy()
    values[at] = np.where(np.isnan(values[at]), 12.5, -3.0 * values[at] + 1000.0)
    return values


def outside(one: Case) -> npt.NDArray[np.int64]:
    """All rows that the fold's fits may not see: those of the fold, those held out, in time all later ones."""
    return np.setdiff1d(np.arange(one.dataset.rows), one.rows.resolve(one.fitted))


Make = Callable[[Case, Dataset], Engine]


def states(one: Case, engine: Engine) -> dict[str, tuple[str, str]]:
    """Operator and digest of the State of every Fit of the fold, inner ones included, by the key of its task."""
    found = {}
    lowering = one.lowering
    for task in lowering.tasks:
        if isinstance(task, Fit):
            state = engine.result(one.candidate.graph, lowering, task.key)
            assert isinstance(state, State)
            found[task.key] = (task.op, state.digest())
    return found


def moved(one: Case, make: Make) -> set[str]:
    """The operators that have a State which changes when the rows change that none of them may see."""
    before = states(one, make(one, one.dataset))
    after = states(one, make(one, changed(one.dataset, outside(one))))
    assert before.keys() == after.keys()
    return {before[key][0] for key in before if before[key] != after[key]}


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_state_changes_with_the_rows_it_is_scored_on(kind: str, candidate: str) -> None:
    assert moved(case(kind, candidate), honest) == set()


@pytest.mark.parametrize("candidate", OTHERS)
def test_the_same_for_the_other_families(candidate: str) -> None:
    assert moved(case("random", candidate), honest) == set()


@pytest.mark.parametrize("target", ["price", "grade"])
@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_same_for_quantities_and_many_classes(candidate: str, target: str) -> None:
    assert moved(case("random", candidate, target), honest) == set()


def test_every_value_was_changed_and_inner_fits_are_among_the_states() -> None:
    one = case("random", "linear")
    at = outside(one)
    assert set(one.rows.resolve(one.scored)) < set(at) and set(at) & set(one.rows.resolve(one.fitted)) == set()
    other = changed(one.dataset, at)
    assert (other.target[at] != one.dataset.target[at]).all()
    for name, column in one.dataset.columns.items():
        assert (_values(column)[at] != _values(other.columns[name])[at]).all(), name
        before, after = (np.delete(_values(c), at) for c in (column, other.columns[name]))
        assert ((before == after) | ((before != before) & (after != after))).all(), name
    inner = one.plan.rows.inner.folds
    assert inner is not None
    fits = [task.op for task in one.lowering.tasks if isinstance(task, Fit)]
    assert fits.count("target_mean") == inner + 1
    plans = (one.plan, asked("linear", "standard").plan)
    names = (*CANDIDATES, *OTHERS)
    fitted = {node.op for plan in plans for name in names for node in plan.candidate(name).graph.nodes}
    # Steps over texts: tests/test_texts.py.
    assert fitted == {name for name, op in OPERATORS.items() if name not in ("constant", "ridge", *TEXTS)}, (
        "every operator is here"
    )


def _values(column: Column) -> npt.NDArray[Any]:
    if isinstance(column, Text):
        return np.array([column.levels[code] if code >= 0 else "" for code in column.codes], dtype=object)
    return column


@pytest.mark.parametrize(
    ("candidate", "op"),
    [
        *(("linear", op) for op in ("numbers", "impute", "scale", "standardise", "date_parts", "one_hot")),
        *(("linear", op) for op in ("target_mean", "logistic")),
        *(("lightgbm", op) for op in ("ordinal", "lightgbm")),
        ("lightgbm_means", "target_mean"),
    ],
)  # fmt: skip
def test_a_step_that_is_fitted_on_all_rows_is_caught(candidate: str, op: str) -> None:
    found = moved(case("random", candidate), lambda one, dataset: Leaking(one, dataset, op))
    assert op in found


ASKED = (
    "search: {space: {lightgbm: {num_rounds: 8, num_leaves: 7}, scale: {method: METHOD}, ordinal: {min_count: 9}, "
    "count_encode: {}, missing_indicators: {}, date_cycles: {}, select_features: {share: 0.3}}}\n"
)


@cache
def asked(candidate: str, method: str) -> Case:
    """A fold with every step that is there only when it is asked for, and two columns of times."""
    table = mixed(300)
    table["later"] = [f"2024-{1 + i % 12:02d}-{1 + i % 27:02d}" for i in range(300)]
    plan, dataset = compiled(table, SPEC + KINDS["random"] + ASKED.replace("METHOD", method))
    return Case(plan, dataset, plan.candidate(candidate), 1)


METHODS = OPERATORS["scale"].space["method"].options  # type: ignore[union-attr]


@pytest.mark.parametrize("method", METHODS)
def test_no_curve_knows_the_rows_it_is_scored_on(method: str) -> None:
    one = asked("linear", method)
    assert moved(one, honest) == set()
    assert "scale" in moved(one, lambda one, dataset: Leaking(one, dataset, "scale"))


@pytest.mark.parametrize("op", ["ordinal", "count_encode", "date_cycles", "date_differences", "select_features"])
def test_steps_that_are_asked_for_are_honest_and_would_be_caught(op: str) -> None:
    one = asked("lightgbm", "standard")
    assert moved(one, honest) == set()
    assert op in moved(one, lambda one, dataset: Leaking(one, dataset, op))


class AllLevels(Engine):
    """A fit is shown the rows of its own, but with the dictionary of the whole table."""

    def _source(self, names: tuple[str, ...], rows: RowSet, exact: bool) -> Columns:
        return super()._source(names, rows, exact=False)


def careless(column: Text) -> SeenLevels:
    """Takes a table's dictionary for what was seen."""
    return SeenLevels(sorted(column.levels), [1] * len(column.levels), 0)


@pytest.mark.parametrize(
    ("candidate", "op"), [("linear", "one_hot"), ("lightgbm", "ordinal"), ("lightgbm_means", "target_mean")]
)
def test_levels_of_other_rows_are_kept_out_twice(candidate: str, op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine strips them from what a fit is shown, and a fit takes no notice of them; without both it shows."""

    def all_levels(one: Case, dataset: Dataset) -> Engine:
        return AllLevels(dataset, one.rows)

    one = case("random", candidate)
    assert moved(one, all_levels) == set()
    monkeypatch.setattr(levels, "_seen_texts", careless)
    assert moved(one, honest) == set()
    assert op in moved(one, all_levels)
