"""What a user says of folds and gaps, against the table: compiled rows, decisions, and mistakes at their places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as arrow
import pytest

from automl.compiler.decide_task import decide_task
from automl.compiler.draft import Draft
from automl.compiler.lay_out_rows import lay_out_rows
from automl.compiler.prove_no_leak import prove_no_leak
from automl.compiler.resolve_spec import resolve_spec
from automl.data.load import describe
from automl.data.read import RawTable
from automl.planning import _settings
from automl.rows import Rows
from automl.spec.model import FormatSpec
from tests.support.tables import SPEC, Cell, draft_of, errors, loaded_spec, mixed, passed

TABLE = {**mixed(), "part": [i % 3 if i % 10 else None for i in range(120)], "clock": [i // 2 for i in range(120)]}
DAY = 86400.0


def laid_out(more: str) -> Draft:
    draft = passed(draft_of(TABLE, SPEC + more), lay_out_rows)
    assert errors(draft) == []
    return draft


def test_folds_of_a_column() -> None:
    draft = laid_out("validation: {folds: {column: part}, holdout: 0}\n")
    plan, dataset = draft.laid_out, draft.dataset
    assert dataset is not None and "part" not in dataset.columns
    rows, part = Rows(dataset.context), np.array([-1 if v is None else v for v in TABLE["part"]])
    for k in range(3):
        assert set(part[rows.resolve(plan.fold(k, "out"))]) == {k}
        assert set(part[rows.resolve(plan.fold(k, "in"))]) == {-1, 0, 1, 2} - {k}
    assert (plan.fold_count, plan.folds.kind, plan.inner.kind) == (3, "column", "stratified")


def test_folds_of_a_column_beside_a_holdout_do_not_leak() -> None:
    draft = passed(draft_of(TABLE, SPEC + "validation: {folds: {column: part}}\n"), prove_no_leak)
    assert errors(draft) == [] and draft.laid_out.holdout is not None
    assert draft.laid_out.holdout.kind == "stratified"
    assert {d.subject: d.value for d in draft.decisions}["validation.folds"] == "3"


@pytest.mark.parametrize(("gap", "least"), [("30d", 30 * DAY), ("12h", DAY / 2)])
def test_a_gap_of_time_lies_before_every_fold_and_the_holdout(gap: str, least: float) -> None:
    draft = laid_out(f"  time: day\nvalidation: {{gap: {gap}, folds: 3}}\n")
    plan, dataset = draft.laid_out, draft.dataset
    assert dataset is not None and dataset.context.order is not None and plan.held_out is not None
    rows, order = Rows(dataset.context), dataset.context.order
    pairs = [(plan.fold(k, "in"), plan.fold(k, "out")) for k in range(3)] + [(plan.dev, plan.held_out)]
    for fitted, scored in pairs:
        assert order[rows.resolve(scored)].min() - order[rows.resolve(fitted)].max() >= least
    assert plan.inner.gap_s is None


def test_a_gap_of_rows_and_one_of_nothing() -> None:
    one = laid_out("  time: clock\nvalidation: {gap: 7, folds: 3}\n").laid_out
    none = laid_out("  time: clock\nvalidation: {gap: 0, folds: 3}\n").laid_out
    assert one.folds.gap_rows == 7 and none.folds.gap_rows is None
    assert none == laid_out("  time: clock\nvalidation: {folds: 3}\n").laid_out


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ("validation: {folds: {column: flat}}\n", "DATA091", "has 1 distinct value:"),
        ("validation: {folds: {column: city}}\n", "DATA092", "at most 50 folds"),
        ("  time: clock\nvalidation: {gap: 7d}\n", "DATA093", "'clock' is number"),
        ("  time: day\nvalidation: {gap: 300d}\n", "DATA067", "the gap leaves no row to fit on"),
        ("  time: clock\nvalidation: {gap: 100}\n", "DATA067", "the gap leaves no row to fit on"),
        ("validation: {folds: {column: rare}, holdout: 0.9}\n", "DATA067", "has no row here"),
    ],
)
def test_mistakes(more: str, code: str, words: str) -> None:
    table = {**TABLE, "flat": [1] * 120, "rare": ["a", *["b", "c"] * 59, "b"]}
    draft = draft_of(table, SPEC + more)
    for one in (decide_task, resolve_spec, lay_out_rows):
        draft = one(draft)
        if errors(draft):
            break
    (found,) = errors(draft)
    assert found.code == code and words in found.message and found.line is not None


def with_test(task: str, labels: list[Cell]) -> Draft:
    table: dict[str, list[Cell]] = {"x": [0.5 * i for i in range(40)], "y": [("a", "b", "c")[i % 2] for i in range(40)]}
    spec = loaded_spec(SPEC + f"  test: t.csv\ntask: {task}\n")
    raw, test = (
        RawTable(arrow.table(columns), FormatSpec(), (Path(name),))
        for name, columns in (("tiny.csv", table), ("t.csv", {"x": [1.5] * len(labels), "y": labels}))
    )
    found = describe(raw, _settings(spec.written.data), test)
    return Draft(loaded=spec, table=found.table, schema=found.schema, findings=found.findings, test=found.test)


def test_a_test_file_is_the_holdout_and_no_part_of_the_final_model() -> None:
    draft = passed(with_test("binary", ["a", "b", "b"]), prove_no_leak)
    plan, dataset = draft.laid_out, draft.dataset
    assert dataset is not None and plan.held_out is not None and errors(draft) == []
    rows = Rows(dataset.context)
    assert list(rows.resolve(plan.held_out)) == [40, 41, 42] and plan.whole == plan.dev
    assert list(rows.resolve(plan.whole)) == list(range(40))
    assert {"holdout", "fold 0"} <= set(plan.digests) and draft.resolved.validation.holdout == 0.0


def test_a_class_that_only_the_test_file_has() -> None:
    (found,) = errors(decide_task(with_test("binary", ["a", "z"])))
    assert (found.code, found.line) == ("DATA090", 6) and "'z'" in found.message
    assert decide_task(with_test("multiclass", ["a", "Z"])).classes == ("Z", "a", "b")


def test_a_test_file_of_one_class_cannot_score_a_binary_model() -> None:
    (found,) = errors(passed(with_test("binary", ["a", "a"]), lay_out_rows))
    assert found.code == "DATA069" and "the holdout" in found.message
