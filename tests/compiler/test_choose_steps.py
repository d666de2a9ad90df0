"""Which candidates there are, and which steps stand before each estimator, for every kind of column."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automl.catalog import FAMILIES
from automl.compiler.choose_steps import choose_steps
from automl.compiler.lay_out_rows import lay_out_rows
from automl.plan import Candidate
from automl.spec.model import ColumnSpec
from tests.support.tables import SPEC, Cell, draft_of, errors, mixed, passed

ROWS = 600
Y: list[Cell] = ["no" if i % 3 else "yes" for i in range(ROWS)]


def levels(count: int) -> list[Cell]:
    return [f"l{i % count}" for i in range(ROWS)]


COLUMNS: dict[str, list[Cell]] = {
    "number": [i * 0.37 for i in range(ROWS)],
    "holes": [None if i == 5 else i * 0.37 for i in range(ROWS)],
    "codes": [i % 32 for i in range(ROWS)],
    "whole": [i % 33 for i in range(ROWS)],
    "flag": [i % 2 for i in range(ROWS)],
    "two": levels(2),
    "few": levels(64),
    "many": levels(65),
    "masses": levels(255),
    "hordes": levels(256),
    "day": [f"2024-01-{i % 28 + 1:02d}" for i in range(ROWS)],
    "gaps": [None if i == 5 else f"2024-01-{i % 28 + 1:02d}" for i in range(ROWS)],
}


def chosen(*names: str, more: str = "") -> dict[str, Candidate]:
    table = {**{name: COLUMNS[name] for name in names}, "y": Y}
    draft = passed(draft_of(table, SPEC + more), choose_steps)
    assert errors(draft) == []
    return {candidate.id: candidate for candidate in draft.candidates}


def steps(candidate: Candidate) -> str:
    """The steps as text: `op(columns)` from the source, `op[inputs]` behind others."""
    return " ".join(
        f"{n.op}({','.join(n.columns)})" if n.columns else f"{n.op}[{','.join(n.inputs)}]"
        for n in candidate.graph.nodes
    )


LINEAR = {
    ("number",): "numbers(number) scale[numbers] logistic[scale]",
    ("flag",): "numbers(flag) scale[numbers] logistic[scale]",
    ("holes",): "numbers(holes) impute[numbers] scale[impute] logistic[scale]",
    ("codes",): "numbers(codes) scale[numbers] one_hot(codes) join[scale,levels] logistic[join]",
    ("whole",): "numbers(whole) scale[numbers] logistic[scale]",
    ("few",): "one_hot(few) logistic[levels]",
    ("many",): "target_mean(many) standardise[means] logistic[scale_means]",
    ("day",): "date_parts(day) date_cycles(day) join[dates,cycles] standardise[join_dates] logistic[scale_dates]",
    ("gaps",): "date_parts(gaps) date_cycles(gaps) join[dates,cycles] impute[join_dates] standardise[impute_dates] "
    "logistic[scale_dates]",
    ("day", "gaps"): "date_parts(day,gaps) date_cycles(day,gaps) date_differences(day,gaps) join[dates,cycles,spans] "
    "impute[join_dates] standardise[impute_dates] logistic[scale_dates]",
    ("many", "few", "number"): "numbers(number) scale[numbers] target_mean(many) standardise[means] one_hot(few) "
    "join[scale,scale_means,levels] logistic[join]",
}


@pytest.mark.parametrize("names", LINEAR, ids="+".join)
def test_steps_before_a_linear_model(names: tuple[str, ...]) -> None:
    assert steps(chosen(*names)["linear"]) == LINEAR[names]


REST = "numbers(number) date_parts(day) join[codes,means,numbers,dates] lightgbm[join]"
TREES = {
    ("number",): ("numbers(number) lightgbm[numbers]", None),
    ("holes",): ("numbers(holes) lightgbm[numbers]", None),
    ("codes",): ("numbers(codes) lightgbm[numbers]", None),
    ("gaps",): ("date_parts(gaps) lightgbm[dates]", None),
    ("day", "gaps"): ("date_parts(day,gaps) date_differences(day,gaps) join[dates,spans] lightgbm[join]", None),
    ("two",): ("ordinal(two) lightgbm[codes]", None),
    ("few",): ("ordinal(few) lightgbm[codes]", "target_mean(few) lightgbm[means]"),
    ("masses",): ("ordinal(masses) lightgbm[codes]", "target_mean(masses) lightgbm[means]"),
    ("hordes",): ("target_mean(hordes) lightgbm[means]", None),
    ("hordes", "two", "few", "number", "day"): (
        f"ordinal(two,few) target_mean(hordes) {REST}",
        f"ordinal(two) target_mean(hordes,few) {REST}",
    ),
}


@pytest.mark.parametrize("names", TREES, ids="+".join)
def test_steps_before_trees(names: tuple[str, ...]) -> None:
    found = chosen(*names)
    plain, means = TREES[names]
    assert steps(found["lightgbm"]) == plain
    assert (steps(found["lightgbm_means"]) if "lightgbm_means" in found else None) == means


ASKED = {
    "count_encode": (
        "standardise[counts]",
        "count_encode(few)",
    ),
    "missing_indicators": ("missing_indicators(holes,gaps)",) * 2,
    "date_cycles": ("date_cycles(gaps)",) * 2,
    "select_features": ("select_features[join_dense]", "select_features[numbers]"),
}


@pytest.mark.parametrize("op", ASKED)
def test_a_step_that_the_spec_names_is_put_in(op: str) -> None:
    names = ("number", "holes", "few", "gaps", "two")
    found = chosen(*names, more=f"search: {{space: {{{op}: {{}}}}}}\n")
    linear, trees = ASKED[op]
    assert linear in steps(found["linear"]).split(" ") and trees in steps(found["lightgbm"]).split(" ")
    assert all(trees in steps(found[name]).split(" ") for name in ("lightgbm_means", "extra_trees"))
    usual = chosen(*names)
    assert (op in steps(usual["linear"])) == (op == "date_cycles") and op not in steps(usual["lightgbm"])


def test_hashing_stands_beside_the_means_of_many_levels_where_it_is_named() -> None:
    found = chosen("many", "few", more="search: {space: {hashing: {width: 256}}}\n")
    assert "hashing(many)" in steps(found["linear"]) and "join_sparse[" in steps(found["linear"])
    assert all("hashing" not in steps(candidate) for name, candidate in found.items() if name != "linear")


@pytest.mark.parametrize(("metric", "searched"), [("roc_auc", True), ("log_loss", False)])
def test_weights_of_classes_are_not_searched_where_they_spoil_probabilities(metric: str, searched: bool) -> None:
    found = chosen("number", more=f"metric: {metric}\n")
    for name in ("linear", "elastic_net", "lightgbm", "extra_trees", "hist_gradient_boosting"):
        assert any(key.endswith(".class_weight") for key in found[name].space) == searched, name


def test_constrained_numbers_are_not_selected_from() -> None:
    """The constraints name the positions of features."""
    draft = passed(draft_of({"number": COLUMNS["number"], "y": Y}, SPEC), lay_out_rows)
    spec = draft.resolved
    data = spec.data.model_copy(update={"columns": {"number": ColumnSpec(monotone="increasing")}})
    search = spec.search.model_copy(update={"space": {"select_features": {}}})
    asked = replace(draft, spec=spec.model_copy(update={"data": data, "search": search}))
    found = {candidate.id: steps(candidate) for candidate in choose_steps(asked).candidates}
    assert "select_features" in found["linear"] and "select_features" not in found["lightgbm"]


def test_a_step_that_has_nothing_to_do_is_left_out_though_named() -> None:
    named = "search: {space: {" + ", ".join(f"{op}: {{}}" for op in ASKED if op != "select_features") + "}}\n"
    assert steps(chosen("number", "two", more=named)["linear"]) == steps(chosen("number", "two")["linear"])


def test_the_positions_of_codes_are_told_to_lightgbm() -> None:
    found = chosen("number", "two", "few")
    assert found["lightgbm"].graph.output.params["categorical"] == (0, 1)
    assert found["lightgbm_means"].graph.output.params["categorical"] == (0,)
    assert chosen("number")["lightgbm"].graph.output.params["categorical"] == ()


def test_the_baseline_comes_first_whatever_the_families() -> None:
    every = [
        "constant",
        "lightgbm",
        "lightgbm_means",
        *(name for name in FAMILIES if name not in ("constant", "lightgbm")),
    ]
    assert list(chosen("number", "few")) == every
    assert list(chosen("number", more="search: {families: [lightgbm, linear]}\n")) == ["constant", "lightgbm", "linear"]
    assert steps(chosen("few", "number")["constant"]) == "constant(few)"
    assert chosen("number")["constant"].space == {}


def test_the_time_column_is_a_feature_group_ids_and_ignored_are_not() -> None:
    more = "  time: day\n  group: two\n  id: [few]\n  ignore: [flag]\n"
    assert chosen("day", "two", "few", "flag", "number", more=more)["linear"].graph.columns == ("day", "number")


@pytest.mark.parametrize(
    ("task", "operator"), [("binary", "logistic"), ("multiclass", "logistic"), ("regression", "ridge")]
)
def test_the_estimator_of_each_task(task: str, operator: str) -> None:
    target = {"binary": "y", "multiclass": "grade", "regression": "price"}[task]
    draft = passed(draft_of(mixed(60), SPEC.replace("target: y", f"target: {target}")), choose_steps)
    outputs = {candidate.id: candidate.graph.output.op for candidate in draft.candidates}
    assert (outputs["linear"], outputs["lightgbm"]) == (operator, "lightgbm")


def test_the_space_is_the_catalogs_and_policies_are_fixed() -> None:
    more = "package: {unknown_category: reject}\nsearch: {trial: {cpus: 2}}\n"
    found = chosen("few", "many", "number", more=more)
    assert set(found["linear"].space) == {
        "scale.method",
        "levels.min_count",
        "means.smoothing",
        "logistic.C",
        "logistic.class_weight",
    }
    for step in ("levels", "means"):
        assert found["linear"].graph.node(step).params["unknown_category"] == "reject"
    assert found["lightgbm"].graph.output.params["threads"] == 2
    for candidate in found.values():
        fixed = {f"{node.id}.{name}" for node in candidate.graph.nodes for name in node.params}
        assert not fixed & set(candidate.space), "what is fixed is not searched"


def test_nodes_stand_in_topological_order_under_names_of_their_own() -> None:
    for candidate in chosen(*COLUMNS).values():
        seen = {"source"}
        for node in candidate.graph.nodes:
            assert set(node.inputs) <= seen and node.id not in seen
            seen.add(node.id)


def test_what_was_chosen_is_told() -> None:
    draft = passed(draft_of({"few": COLUMNS["few"], "y": Y}), choose_steps)
    told = {decision.subject: decision.value for decision in draft.decisions}
    assert told["candidates"].startswith("constant, lightgbm, lightgbm_means, extra_trees, linear, ")


def test_nothing_left_to_learn_from_is_told_at_data() -> None:
    """Reading tells it first (DATA037); the pass does not rely on that."""
    draft = passed(draft_of({"number": COLUMNS["number"], "y": Y}), lay_out_rows)
    columns = tuple(
        c.model_copy(update={"role": "dropped" if c.role == "feature" else c.role}) for c in draft.schema.columns
    )
    bare = replace(draft, schema=draft.schema.model_copy(update={"columns": columns}))
    (found,) = errors(choose_steps(bare))
    assert (found.code, found.line, found.column) == ("DATA068", 3, 1)


@pytest.mark.parametrize(("rows", "classes", "rounds"), [(300, 2, 800), (300, 10, 400), (25_000, 2, 400)])
def test_boosting_is_longer_on_small_tables_and_shorter_for_many_classes(rows: int, classes: int, rounds: int) -> None:
    table = {"a": [i * 0.5 for i in range(rows)], "y": [f"c{i % classes}" for i in range(rows)]}
    draft = passed(draft_of(table, SPEC + "search: {families: [lightgbm]}\n"), choose_steps)
    assert draft.candidates[-1].graph.output.params["num_rounds"] == rounds
