"""Which families are searched by default, what is told of the others, and what is wrong where they are named."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from automl.catalog import FAMILIES, OPERATORS
from automl.compiler.draft import Draft
from automl.compiler.forecast import forecast
from automl.compiler.order_families import order_families
from automl.compiler.resolve_spec import resolve_spec
from automl.fit import Engine, recipe_of
from automl.rows import ALL
from automl.runtime.state import State
from automl.tasks import lower
from tests.support.folds import OTHERS, SMALL, compiled
from tests.support.folds import one_thread as one_thread
from tests.support.tables import SPEC, draft_of, errors, mixed, passed

TABLE = mixed(150)
ORDERING = sys.modules[order_families.__module__]  # the package has the function under the name of the module
MONOTONE = "  columns: {size: {monotone: increasing}}\n"
ABLE = ("lightgbm", "extra_trees", "hist_gradient_boosting", "random_forest")


def resolved(more: str = "", target: str = "y") -> Draft:
    return passed(draft_of(TABLE, SPEC.replace("target: y", f"target: {target}") + more), resolve_spec)


def left_out(draft: Draft) -> dict[str, str]:
    """The reason of each family that was left out."""
    return {d.subject.split(": ")[1]: d.reason for d in draft.decisions if d.value == "left out"}


def test_all_families_that_can_do_the_task() -> None:
    assert left_out(resolved()) == {}
    assert set(resolved().resolved.search.families) == set(FAMILIES) - {"constant"}
    assert left_out(resolved(target="price")) == {"naive_bayes": "naive_bayes cannot do task regression"}


def test_constraints_leave_families_out_by_default() -> None:
    found = resolved(MONOTONE)
    assert found.resolved.search.families == ABLE
    assert left_out(found)["knn"] == "it cannot honour the monotone constraint on 'size'"


def large(rows: int, more: str = "") -> Draft:
    draft = passed(draft_of(TABLE, SPEC + more), resolve_spec)
    return resolve_spec(replace(draft, schema=draft.schema.model_copy(update={"rows": rows}), findings=()))


def test_neighbours_are_for_small_tables() -> None:
    assert "knn" in large(20_000).resolved.search.families
    assert left_out(large(20_001)) == {"knn": "it is for at most 20000 rows, and there are 20001"}
    (found,) = errors(large(20_001, "search: {families: [linear, knn]}\n"))
    assert (found.code, found.line, found.column) == ("DATA080", 6, 29)


@pytest.mark.parametrize(
    ("more", "target", "expected"),
    [
        ("  columns: {colour: {monotone: increasing}}\n", "y", [("SPEC087", 6)]),
        ("  columns: {day: {monotone: increasing}}\n", "y", [("SPEC087", 6)]),
        ("  columns: {count: {monotone: increasing}}\n  ignore: [count]\n", "y", [("SPEC087", 6)]),
        (MONOTONE, "grade", [("SPEC086", 6)]),
        ("search: {families: [naive_bayes, linear]}\n", "price", [("SPEC047", 6)]),
        ("  columns: {count: {monotone: decreasing}, flag: {monotone: increasing}}\n", "price", []),
    ],
)
def test_what_only_the_table_shows(more: str, target: str, expected: list[tuple[str, int]]) -> None:
    assert [(found.code, found.line) for found in errors(resolved(more, target))] == expected


def test_slow_families_come_last_and_very_slow_ones_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = passed(draft_of(TABLE), forecast)
    seconds = {"constant": 999.0, "random_forest": 61.0, "extra_trees": 20.0, "linear": 8.0, "lightgbm_means": 7.0}
    draft = replace(
        draft,
        candidates=tuple(
            c.model_copy(update={"forecast": c.forecast.model_copy(update={"cpu_s": seconds.get(c.id, 1.0)})})
            for c in draft.candidates
        ),
    )
    found = order_families(draft)
    ids = [c.id for c in found.candidates]
    assert ids[:2] == ["constant", "lightgbm"] and ids[-3:] == ["lightgbm_means", "linear", "extra_trees"]
    assert set(found.resolved.search.families) == {*FAMILIES} - {"constant", "random_forest"}
    assert "candidate random_forest" in {d.subject for d in found.decisions if d.value == "left out"}
    monkeypatch.setattr(ORDERING, "LONGEST_S", 0.5)
    assert [c.id for c in order_families(draft).candidates] == ["constant", "lightgbm"]  # the quickest always stays


def test_named_families_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ORDERING, "LONGEST_S", 0.0)
    draft = passed(draft_of(TABLE, SPEC + "search: {families: [random_forest, linear]}\n"), order_families)
    assert [c.id for c in draft.candidates] == ["constant", "random_forest", "linear"]


@pytest.mark.parametrize("family", ABLE)
def test_the_positions_of_constrained_columns(family: str) -> None:
    """The constrained column is found again behind the steps of every candidate of the family."""
    more = "  columns: {count: {monotone: increasing}, flag: {monotone: decreasing}}\n"
    plan, dataset = compiled(TABLE, SPEC + more + SMALL.replace("{space", f"{{families: [{family}], space"))
    for candidate in plan.candidates[1:]:
        lowering = lower(recipe_of(plan, candidate, candidate.defaults), ALL, None)
        output = next(task for task in lowering.tasks if task.key == lowering.output)
        (x,) = (Engine(dataset).result(candidate.graph, lowering, key) for key in getattr(output, "inputs", ()))
        assert not isinstance(x, State)
        for way, column in (("increasing", "count"), ("decreasing", "flag")):
            (position,) = candidate.graph.output.params[way]  # type: ignore[misc]
            assert (x[:, position] == dataset.columns[column]).all(), (candidate.id, way)


@pytest.mark.parametrize("name", [*OTHERS, "lightgbm"])
def test_classes_are_weighed_where_that_is_worth_it(name: str) -> None:
    for target, searched in (("y", True), ("price", False)):
        if "regression" not in FAMILIES[name].estimators and not searched:
            continue
        draft = passed(
            draft_of(TABLE, SPEC.replace("target: y", f"target: {target}") + f"search: {{families: [{name}]}}\n"),
            order_families,
        )
        output = draft.candidates[-1].graph.output
        has = "class_weight" in OPERATORS[output.op].space
        assert (f"{output.id}.class_weight" in draft.candidates[-1].space) == (has and searched)
