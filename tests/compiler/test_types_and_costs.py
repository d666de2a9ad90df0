"""The type of every edge, what an ill-typed step is told, and what a fit is predicted to cost."""

from __future__ import annotations

from functools import cache

import pytest

from automl.catalog import OPERATORS
from automl.compiler.check_types import check_types, infer_types
from automl.compiler.draft import Draft
from automl.compiler.forecast import Work, forecast
from automl.graph import SOURCE, Graph, Node
from automl.kinds import ColumnType, Kind, TableType
from automl.plan import Candidate
from tests.support.tables import SPEC, draft_of, errors, mixed, passed

TABLE = mixed(300)
A = ColumnType(name="a", kind=Kind.NUMERIC, missing=False)
GAPS = ColumnType(name="gaps", kind=Kind.NUMERIC, missing=True)
WORD = ColumnType(name="word", kind=Kind.CATEGORICAL, missing=True)
DAY = ColumnType(name="day", kind=Kind.DATETIME, missing=False)
TABLE_TYPE = TableType(columns=(A, GAPS, WORD, DAY))


def source(op: str, *columns: str) -> Node:
    return Node(id=op, op=op, inputs=(SOURCE,), columns=columns)


def step(op: str, *inputs: str) -> Node:
    return Node(id=op, op=op, inputs=inputs)


def told(*nodes: Node) -> list[tuple[str, str]]:
    """Code and step of each finding."""
    _, found = infer_types(Graph(nodes=nodes), TABLE_TYPE, ("n", "y"))
    assert all(d.severity == "error" and d.hint for d in found)
    return [(d.code, d.message.split("'")[1]) for d in found]


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ((source("numbers", "a"), step("standardise", "numbers"), step("logistic", "standardise")), []),
        ((source("numbers", "word"),), [("TYPE001", "numbers")]),
        ((source("one_hot", "a"),), [("TYPE001", "one_hot")]),
        ((source("target_mean", "day"),), [("TYPE001", "target_mean")]),
        ((source("date_parts", "a", "day", "word"),), [("TYPE001", "date_parts")] * 2),
        (
            (source("ordinal", "word"), step("standardise", "ordinal")),
            [("TYPE001", "standardise"), ("TYPE002", "standardise")],
        ),
        ((source("ordinal", "word"), step("lightgbm", "ordinal")), []),
        ((source("numbers", "gaps"), step("standardise", "numbers")), [("TYPE002", "standardise")]),
        ((source("numbers", "a", "gaps"), step("logistic", "numbers")), [("TYPE002", "logistic")]),
        ((source("numbers", "gaps"), step("impute", "numbers"), step("standardise", "impute")), []),
        ((source("numbers", "gaps"), step("join", "numbers"), step("ridge", "join")), [("TYPE002", "ridge")]),
        ((source("one_hot", "word"), step("logistic", "one_hot")), []),
        ((source("target_mean", "word"), step("standardise", "target_mean")), []),
        (
            (source("numbers", "a"), step("logistic", "numbers"), step("standardise", "logistic")),
            [("TYPE001", "standardise")] * 2,  # a column for each class
        ),
    ],
)
def test_a_step_that_cannot_take_what_it_is_given_is_told(
    nodes: tuple[Node, ...], found: list[tuple[str, str]]
) -> None:
    assert told(*nodes) == found


def test_the_message_names_column_and_kinds() -> None:
    _, (found,) = infer_types(Graph(nodes=(source("numbers", "word"),)), TABLE_TYPE, ())
    assert "'word' is categorical" in found.message and "boolean, integer, numeric" in found.message


def names(graph: Graph) -> dict[str, tuple[str, ...]]:
    return {node.id: tuple(c.name for c in node.type.columns) for node in graph.nodes if node.type is not None}


def test_every_edge_has_the_columns_that_flow_on_it() -> None:
    nodes = (
        source("numbers", "a", "gaps"),
        step("impute", "numbers"),
        source("one_hot", "word"),
        source("date_parts", "day"),
        source("target_mean", "word"),
        step("join", "impute", "one_hot", "date_parts", "target_mean"),
        step("logistic", "join"),
    )
    graph, found = infer_types(Graph(nodes=nodes), TABLE_TYPE, ("n", "y"))
    assert found == []
    assert names(graph) == {
        "numbers": ("a", "gaps"),
        "impute": ("a", "gaps", "gaps is missing"),
        "one_hot": ("word=*",),
        "date_parts": ("day.*",),
        "target_mean": ("word=*",),
        "join": ("a", "gaps", "gaps is missing", "word=*", "day.*", "word=*"),
        "logistic": ("n", "y"),
    }
    missing = {n.id: n.type.missing for n in graph.nodes if n.type is not None}
    assert missing == {**dict.fromkeys(names(graph), False), "numbers": True}
    assert graph.output.type is not None and graph.output.type.kinds == {Kind.PREDICTION}
    assert infer_types(graph, TABLE_TYPE, ("n", "y")) == (graph, []), "typing a typed graph changes nothing"


def test_a_quantity_is_one_column_named_prediction() -> None:
    graph, _ = infer_types(Graph(nodes=(source("numbers", "a"), step("ridge", "numbers"))), TABLE_TYPE, ())
    assert names(graph)["ridge"] == ("prediction",)


@pytest.mark.parametrize("target", ["y", "price", "grade"])
def test_the_candidates_of_the_compiler_are_well_typed(target: str) -> None:
    draft = passed(draft_of(TABLE, SPEC.replace("target: y", f"target: {target}")), check_types)
    assert errors(draft) == []
    assert all(node.type is not None for c in draft.candidates for node in c.graph.nodes)
    assert check_types(draft) == draft


def test_an_ill_typed_candidate_is_an_error_of_the_draft() -> None:
    draft = passed(draft_of(TABLE), check_types)
    wrong = Graph(nodes=(source("numbers", "colour"),))
    first = draft.candidates[0].model_copy(update={"graph": wrong})
    found = check_types(Draft(draft.loaded, draft.table, draft.schema, candidates=(first,)))
    assert [diagnostic.code for diagnostic in errors(found)] == ["TYPE001"]


def costs(rows: int, more: str = "", target: str = "y") -> dict[str, Candidate]:
    """The forecast for the columns of TABLE, as if there were so many rows."""
    return {c.id: c for c in _forecast(rows, more, target).candidates}


@cache
def _typed(more: str, target: str) -> Draft:
    return passed(draft_of(TABLE, SPEC.replace("target: y", f"target: {target}") + more), check_types)


def _forecast(rows: int, more: str = "", target: str = "y") -> Draft:
    draft = _typed(more, target)
    schema = draft.schema.model_copy(update={"rows": rows})
    return forecast(Draft(**{**vars(draft), "schema": schema}))


SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)


def test_more_rows_cost_more() -> None:
    for name in costs(100):
        seconds = [costs(rows)[name].forecast.cpu_s for rows in SIZES]
        memory = [costs(rows)[name].forecast.memory_bytes for rows in SIZES]
        assert seconds == sorted(seconds) and seconds[0] < seconds[-1], name
        assert memory == sorted(set(memory)) and memory[-1] <= 10 * memory[-2], name
    floors = [_forecast(rows).floor_s for rows in SIZES]
    assert floors == sorted(floors) and floors[0] < floors[-1]


def test_more_rounds_classes_and_folds_cost_more() -> None:
    few, many = (costs(10_000, f"search: {{space: {{lightgbm: {{num_rounds: {n}}}}}}}\n") for n in (10, 100))
    assert few["lightgbm"].forecast.cpu_s < many["lightgbm"].forecast.cpu_s
    assert few["linear"].forecast == many["linear"].forecast
    assert costs(10_000)["lightgbm"].forecast.cpu_s < costs(10_000, target="grade")["lightgbm"].forecast.cpu_s
    folds = [_forecast(1_000_000_000, f"validation: {{folds: {n}}}\n").floor_s for n in (2, 20)]
    assert folds[0] < folds[1]


def test_the_baseline_is_the_cheapest_and_rows_held_out_cost_nothing() -> None:
    found = costs(10_000)
    assert min(found.values(), key=lambda c: c.forecast.cpu_s).id == "constant"
    less = costs(10_000, "validation: {holdout: 0.5}\n")
    assert all(less[name].forecast.cpu_s <= found[name].forecast.cpu_s for name in found)
    assert less["lightgbm"].forecast.cpu_s < found["lightgbm"].forecast.cpu_s


def test_forecasting_twice_changes_nothing() -> None:
    once = _forecast(1_000)
    assert forecast(once) == once


def test_a_time_budget_below_the_floor_is_told() -> None:
    def told(seconds: int) -> list[str]:
        draft = passed(draft_of(TABLE, SPEC + f"search: {{budget: {{time: {seconds}s}}}}\n"), forecast)
        return [found.code for found in draft.findings if found.line == 6]

    assert told(2) == ["PLAN006"]
    assert told(60) == []


MB = 2.0**20


def test_memory_grows_with_classes_and_rounds_of_trees() -> None:
    """26 classes of letters: 400 rounds are 10,400 trees, and their texts are most of what the fit takes."""
    two, many = (Work(OPERATORS["lightgbm"], 10_000.0, 16.0, classes, 400.0) for classes in (2, 26))
    assert two.bytes < 10 * MB and 60 * MB < many.bytes < 120 * MB
    assert many.seconds > 10 * two.seconds
    linear = OPERATORS["logistic"]
    assert Work(linear, 1e5, 10.0, 26, 1.0).seconds > 10 * Work(linear, 1e5, 10.0, 2, 1.0).seconds
    forest = [Work(OPERATORS["extra_trees"], rows, 10.0, 0, 1.0).bytes for rows in (1e4, 1e5, 1e6)]
    assert forest[1] > 9 * forest[0] and forest[2] < 3 * forest[1]  # trees of a large table see a sample of it
