"""Which rows are held out and folded, that a table too small is told, and that a plan that leaks is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest

from automl.compiler import compile_draft
from automl.compiler.draft import Draft
from automl.compiler.lay_out_rows import INNER_FOLDS, lay_out_rows
from automl.compiler.lay_out_rungs import lay_out_rungs
from automl.compiler.prove_no_leak import prove_no_leak
from automl.errors import AutomlError
from automl.plan import RowPlan
from automl.rows import Rows, RowSet, Split, digest_rows
from tests.support.folds import KINDS
from tests.support.tables import SPEC, draft_of, errors, mixed, passed

ROWS = 240
TABLE = mixed(ROWS)


def laid_out(kind: str, more: str = "") -> Draft:
    return passed(draft_of(TABLE, SPEC + KINDS[kind] + more), lay_out_rows)


@pytest.mark.parametrize("kind", KINDS)
def test_folds_cover_the_rows_that_are_not_held_out(kind: str) -> None:
    draft = laid_out(kind)
    plan = draft.laid_out
    assert draft.dataset is not None
    rows = Rows(draft.dataset.context)
    held_out = plan.held_out
    assert held_out is not None
    dev, held = rows.resolve(plan.dev), rows.resolve(held_out)
    assert sorted([*dev, *held]) == list(range(ROWS))
    outs = [rows.resolve(plan.fold(k, "out")) for k in range(3)]
    assert len(np.unique(np.concatenate(outs))) == sum(map(len, outs)), "no row is scored twice"
    for k, out in enumerate(outs):
        fitted = rows.resolve(plan.fold(k, "in"))
        assert set(fitted) & set(out) == set() and set(fitted) | set(out) <= set(dev)
    if kind != "time":
        assert sorted(np.concatenate(outs)) == list(dev)


def test_time_looks_back_only_and_groups_stay_whole() -> None:
    draft = laid_out("time")
    assert draft.dataset is not None and draft.dataset.context.order is not None
    rows, order = Rows(draft.dataset.context), draft.dataset.context.order
    for k in range(3):
        before, after = (order[rows.resolve(draft.laid_out.fold(k, side))] for side in ("in", "out"))
        assert before.max() < after.min()
    draft = laid_out("group")
    assert draft.dataset is not None and draft.dataset.context.groups is not None
    rows, groups = Rows(draft.dataset.context), draft.dataset.context.groups
    for k in range(3):
        one, other = (set(groups[rows.resolve(draft.laid_out.fold(k, side))]) for side in ("in", "out"))
        assert one & other == set()


def test_the_digests_are_those_of_the_rows() -> None:
    draft = laid_out("random")
    assert draft.dataset is not None
    rows, plan = Rows(draft.dataset.context), draft.laid_out
    assert plan.held_out is not None
    outs = {f"fold {k}": plan.fold(k, "out") for k in range(3)}
    assert plan.digests == {n: digest_rows(rows.resolve(r)) for n, r in {"holdout": plan.held_out, **outs}.items()}


@pytest.mark.parametrize(("kind", "inner"), [("random", "random"), ("group", "group"), ("time", "blocks")])
def test_inner_folds_are_of_the_same_kind(kind: str, inner: str) -> None:
    plan = laid_out(kind).laid_out
    assert (plan.inner.kind, plan.inner.folds) == (inner, INNER_FOLDS)


def test_no_holdout_leaves_all_rows_to_the_search() -> None:
    none = passed(draft_of(TABLE, SPEC + "validation: {holdout: 0}\n"), lay_out_rows).laid_out
    assert none.holdout is None and none.held_out is None and none.dev == RowSet()
    assert set(none.digests) == {f"fold {k}" for k in range(5)}


def test_seeds_differ_between_purposes_and_follow_the_spec() -> None:
    one, same, other = (
        laid_out("random", f"search: {{seed: {seed}, budget: {{trials: {trials}}}}}\n").laid_out
        for seed, trials in ((0, 5), (0, 50), (1, 5))
    )
    assert one == same and one.folds != other.folds and one.digests != other.digests
    assert one.holdout is not None
    assert len({one.holdout.seed, one.folds.seed, one.inner.seed}) == 3


@pytest.mark.parametrize(
    ("rows", "more", "line"),
    [
        (4, "validation: {kind: random, folds: 9}\n", 6),
        (1, "validation:\n  kind: random\n", 6),
        (6, "  group: g\n", 1),
        (6, "  time: t\nvalidation: {kind: time, folds: 3}\n", 7),
    ],
)
def test_a_table_too_small_is_told_at_validation(rows: int, more: str, line: int) -> None:
    table: dict[str, list[Any]] = {
        "x": [float(i) + 0.5 for i in range(rows)],
        "g": ["one" if i < rows - 1 else "two" for i in range(rows)],
        "t": [1 if i < rows - 1 else 2 for i in range(rows)],
        "y": [0.5 + i * i for i in range(rows)],
    }
    draft = draft_of(table, SPEC + more + "task: regression\n") if rows > 1 else _one_row(table, more)
    (found,) = errors(passed(draft, lay_out_rows))
    assert (found.code, found.line, found.column) == ("DATA067", line, 1)
    assert "rows cannot be cut" in found.message and found.hint is not None and "fewer folds" in found.hint


def _one_row(table: dict[str, list[Any]], more: str) -> Draft:
    """A target of one value is told before: two rows with a holdout of one leave one row for the folds."""
    return draft_of({name: [*cells, 9.75] for name, cells in table.items() if name in "xy"}, SPEC + more)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_compiler_lays_out_does_not_leak(kind: str) -> None:
    draft = passed(draft_of(TABLE, SPEC + KINDS[kind]), prove_no_leak)
    assert errors(draft) == []


class LeakingFolds(RowPlan):
    """Fits on all rows that the search may see, those of the fold included."""

    def fold(self, index: int, side: Literal["in", "out"]) -> RowSet:
        return super().fold(index, side) if side == "out" else self.dev


class LeakingHoldout(RowPlan):
    """The search sees the rows that are held out."""

    @property
    def dev(self) -> RowSet:
        return RowSet()


SAMPLE = Split(kind="sample", folds=3, count=50)  # both sides of a part of a sample are the sample


def remade(draft: Draft, kind: type[RowPlan]) -> RowPlan:
    return kind(**{name: getattr(draft.laid_out, name) for name in RowPlan.model_fields})


@pytest.mark.parametrize("leak", ["folds of samples", "inner samples", "fit on the fold", "fit on the holdout"])
def test_rows_that_leak_are_refused(leak: str) -> None:
    draft = passed(draft_of(TABLE, SPEC + KINDS["random"]), lay_out_rungs)
    sampled = {"folds of samples": "folds", "inner samples": "inner"}
    if leak in sampled:
        rows = draft.laid_out.model_copy(update={sampled[leak]: SAMPLE})
    else:
        rows = remade(draft, LeakingFolds if leak == "fit on the fold" else LeakingHoldout)
    found = errors(prove_no_leak(replace(draft, rows=rows)))
    assert found and {diagnostic.code for diagnostic in found} == {"LEAK001"}
    named = {diagnostic.message.split("'")[1] for diagnostic in found}
    crossed = {c.id for c in draft.candidates if any(n.op == "target_mean" for n in c.graph.nodes)}
    assert {"linear", "lightgbm_means", "extra_trees"} <= crossed and not crossed & {"constant", "lightgbm"}
    assert named == (crossed if leak == "inner samples" else {c.id for c in draft.candidates})


def test_a_leak_ends_the_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaking(draft: Draft) -> Draft:
        draft = lay_out_rows(draft)
        return replace(draft, rows=draft.laid_out.model_copy(update={"inner": SAMPLE}))

    from automl import compiler

    passes = tuple(leaking if one is lay_out_rows else one for one in compiler.PASSES)
    monkeypatch.setattr(compiler, "PASSES", passes)
    with pytest.raises(AutomlError, match="LEAK001"):
        compile_draft(draft_of(TABLE))


@pytest.mark.parametrize(
    ("positives", "more", "words"),
    [
        (2, "validation: {folds: 2}\n", "the holdout: no row of class '1'"),
        (3, "validation: {folds: 5, holdout: 0}\n", "rows to score: no row of class '1'"),
    ],
)
def test_a_part_without_one_of_two_classes_is_told_before_any_fit(positives: int, more: str, words: str) -> None:
    table = {"a": [i * 0.5 for i in range(400)], "y": [int(i < positives) for i in range(400)]}
    (found,) = errors(passed(draft_of(table, SPEC + more), lay_out_rows))
    assert (found.code, found.line) == ("DATA069", 6)
    assert words in found.message


def test_enough_rows_of_the_rare_class() -> None:
    table = {"a": [i * 0.5 for i in range(400)], "y": [int(i < 20) for i in range(400)]}
    assert errors(passed(draft_of(table), lay_out_rows)) == []
