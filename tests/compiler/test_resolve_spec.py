"""Every default of the language, and what a spec may not say of the task that was found."""

from __future__ import annotations

from typing import Any

import pytest

from automl.catalog import FAMILIES
from automl.catalog.metrics import METRICS
from automl.compiler.draft import Draft
from automl.compiler.resolve_spec import DEFAULT_METRIC, resolve_run, resolve_spec
from automl.data.schema import Schema
from tests.support.tables import SPEC, Table, draft_of, errors, loaded_spec, mixed, passed

TABLE = mixed(40)
TARGET = {"binary": "y", "multiclass": "grade", "regression": "price"}


def resolved(text: str = SPEC, table: Table = TABLE) -> Draft:
    return passed(draft_of(table, text), resolve_spec)


def of_task(task: str, more: str = "") -> Draft:
    return resolved(SPEC.replace("target: y", f"target: {TARGET[task]}") + more)


def test_every_default() -> None:
    spec = resolved().resolved
    assert spec.model_dump(mode="json") == {
        "version": 1,
        "name": "tiny",
        "task": "binary",
        "data": {
            "path": ["tiny.csv"],
            "format": {"delimiter": None, "decimal": None, "encoding": None, "missing": None},
            "target": "y",
            "positive": spec.data.positive,
            "id": [],
            "ignore": [],
            "group": None,
            "time": None,
            "columns": {},
            "checks": {},
            "weight": None,
            "test": [],
        },
        "metric": "roc_auc",
        "validation": {
            "kind": "stratified",
            "folds": 5,
            "holdout": 0.2,
            "fold_column": None,
            "gap_rows": None,
            "gap_s": None,
        },
        "metric_options": None,
        "search": {
            "seed": 0,
            "budget": {"trials": 100, "time_s": 300.0},
            "trial": {"timeout_s": None, "memory_bytes": None, "cpus": 1},
            "families": [name for name in FAMILIES if name != "constant"],
            "space": {},
            "parallelism": 8,
        },
        "ensemble": {"size": 1},
        "accept": [],
        "package": {
            "version": "1.0.0",
            "targets": ["python", "docker"],
            "base_image": "python:3.11-slim",
            "unknown_category": "other",
            "missing_numeric": "median",
        },
    }
    assert spec.data.positive in ("yes", "no")


def test_every_choice_that_was_taken_is_told() -> None:
    told = {decision.subject: decision.value for decision in resolved().decisions}
    assert {key: told[key] for key in told if key not in ("task", "data.positive")} == {
        "metric": "roc_auc",
        "validation.kind": "stratified",
        "validation.folds": "5",
        "validation.holdout": "0.2",
        "search.budget": "100 trials, 300 s",
    }


WRITTEN = """\
version: 1
name: tiny
task: binary
data:
  path: [/somewhere/a.csv, b/c.csv]
  target: y
  positive: "no"
  id: [owner]
  ignore: [price, grade]
  format: {missing: ["", "?"]}
  columns: {count: {kind: categorical}}
metric: log_loss
validation: {kind: random, folds: 3, holdout: 0}
search:
  seed: 5
  budget: {time: 2m}
  trial: {timeout: 10s, memory: 1GiB, cpus: 2}
  families: [linear]
  space: {logistic: {C: {low: 0.5, high: 2}, class_weight: {options: [none]}}, one_hot: {min_count: 3}}
  parallelism: 3
ensemble: {size: 1}
accept: [{metric: accuracy, at_least: 0.5}, {package_size: 5MiB}]
run: {executor: inline}
package:
  {version: 2.0.1, targets: [python], base_image: "python:3.12", unknown_category: missing, missing_numeric: reject}
"""


def test_what_is_written_stands_and_is_not_told() -> None:
    draft = resolved(WRITTEN)
    spec = draft.resolved
    assert spec.data.path == ("a.csv", "b/c.csv"), "of an absolute path only the name stays"
    assert (spec.data.positive, spec.data.id, spec.data.ignore) == ("no", ("owner",), ("price", "grade"))
    assert spec.data.format.missing == ("", "?") and spec.data.columns["count"].kind == "categorical"
    assert spec.metric == "log_loss"
    written = spec.validation.model_dump(exclude_none=True)
    assert written == {"kind": "random", "folds": 3, "holdout": 0.0}
    search = spec.search
    assert (search.seed, search.families, search.parallelism) == (5, ("linear",), 3)
    assert (search.budget.trials, search.budget.time_s) == (None, 120.0)
    assert (search.trial.timeout_s, search.trial.memory_bytes, search.trial.cpus) == (10.0, 2**30, 2)
    assert search.space == {
        "logistic": {"C": {"low": 0.5, "high": 2}, "class_weight": {"options": ["none"]}},
        "one_hot": {"min_count": 3},
    }
    assert [c.model_dump(exclude_none=True) for c in spec.accept] == [
        {"metric": "accuracy", "at_least": 0.5},
        {"package_size": 5 * 2**20},
    ]
    package = spec.package
    assert (package.version, package.targets, package.base_image) == ("2.0.1", ("python",), "python:3.12")
    assert (package.unknown_category, package.missing_numeric) == ("missing", "reject")
    assert [d.subject for d in draft.decisions] == ["task"]


@pytest.mark.parametrize(
    ("task", "metric"), [("binary", "roc_auc"), ("multiclass", "log_loss"), ("regression", "rmse")]
)
def test_the_metric_of_each_task(task: str, metric: str) -> None:
    assert of_task(task).resolved.metric == metric


@pytest.mark.parametrize(
    ("task", "more", "kind"),
    [
        ("binary", "", "stratified"),
        ("multiclass", "", "stratified"),
        ("regression", "", "random"),
        ("binary", "  group: owner\n", "group"),
        ("regression", "  time: day\n", "time"),
        ("binary", "  time: day\n  group: owner\n", "time"),
        ("binary", "  time: day\nvalidation: {kind: random}\n", "random"),
    ],
)
def test_the_natural_kind_of_validation(task: str, more: str, kind: str) -> None:
    assert of_task(task, more).resolved.validation.kind == kind


@pytest.mark.parametrize(("rows", "folds"), [(99_999, 5), (100_000, 3)])
def test_large_tables_have_fewer_folds(rows: int, folds: int) -> None:
    draft = draft_of(TABLE)
    schema: Schema = draft.schema.model_copy(update={"rows": rows})
    found = passed(Draft(draft.loaded, draft.table, schema), resolve_spec)
    assert found.resolved.validation.folds == folds


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("multiclass", "average_precision"),
        ("regression", "roc_auc"),
        ("binary", "rmse"),
        ("multiclass", "mae"),
        ("regression", "accuracy"),
    ],
)
def test_a_metric_that_does_not_fit_is_told_at_its_value(task: str, metric: str) -> None:
    draft = of_task(task, f"metric: {metric}\naccept:\n  - {{metric: {metric}, at_least: 0.1}}\n")
    first, second = errors(draft)
    assert (first.code, first.line, first.column) == ("DATA065", 6, 9)
    assert (second.code, second.line, second.column) == ("DATA065", 8, 14)
    assert metric in first.message and task in first.message
    assert first.hint is not None and metric not in first.hint.split(": ")[1].split(", ")


def test_stratified_regression_is_told_at_its_value() -> None:
    (found,) = errors(of_task("regression", "validation:\n  kind: stratified\n"))
    assert (found.code, found.line, found.column, found.hint) == ("DATA066", 7, 9, "use kind: random")


@pytest.mark.parametrize(
    ("more", "run"),
    [
        ("", ("ray", None)),
        ("run: {executor: inline}\n", ("inline", None)),
        ("run: {address: auto}\n", ("ray", "auto")),
    ],
)
def test_where_it_runs_is_no_part_of_the_spec(more: str, run: tuple[str, Any]) -> None:
    found = resolve_run(loaded_spec(SPEC + more).written)
    assert (found.executor, found.address) == run
    assert resolved(SPEC + more).resolved == resolved().resolved


def test_resolving_twice_gives_the_same_spec() -> None:
    once = resolved(WRITTEN)
    assert resolve_spec(once).spec == once.spec


def test_every_default_metric_fits_its_task() -> None:
    assert all(task in METRICS[metric].tasks for task, metric in DEFAULT_METRIC.items())
