"""`search.space` of a spec: what it fixes, narrows and replaces, and where."""

from __future__ import annotations

import pytest

from automl.compiler.draft import Draft
from automl.compiler.narrow_space import domain_of, narrow_space
from automl.params import Choice, Float, Int, Param
from automl.plan import Candidate
from tests.support.tables import SPEC, draft_of, mixed, passed

TABLE = mixed(300)


def narrowed(space: str, target: str = "y") -> dict[str, Candidate]:
    return {c.id: c for c in _draft(space, target).candidates}


def _draft(space: str, target: str = "y") -> Draft:
    text = SPEC.replace("target: y", f"target: {target}")
    return passed(draft_of(TABLE, f"{text}search: {{space: {space}}}\n"), narrow_space)


NOTHING = narrowed("{}")


def test_a_value_fixes_a_parameter() -> None:
    found = narrowed("{lightgbm: {num_leaves: 7}}")
    for name in ("lightgbm", "lightgbm_means"):
        assert "lightgbm.num_leaves" not in found[name].space
        assert found[name].graph.output.params["num_leaves"] == 7
        assert len(found[name].space) == len(NOTHING[name].space) - 1
    assert found["linear"] == NOTHING["linear"] and found["constant"] == NOTHING["constant"]


def test_a_value_replaces_what_the_catalog_fixes() -> None:
    found = narrowed("{lightgbm: {num_rounds: 9, max_bin: 15}}")["lightgbm"]
    assert (found.graph.output.params["num_rounds"], found.graph.output.params["max_bin"]) == (9, 15)
    assert found.space == NOTHING["lightgbm"].space


def test_a_value_that_is_false_or_a_text_fixes_too() -> None:
    found = narrowed("{lightgbm: {extra_trees: false}, logistic: {class_weight: balanced}}")
    assert found["lightgbm"].graph.output.params["extra_trees"] is False
    assert found["linear"].graph.output.params["class_weight"] == "balanced"
    assert "lightgbm.extra_trees" not in found["lightgbm"].space


def test_a_range_narrows_and_draws_the_default_in() -> None:
    found = narrowed("{lightgbm: {num_leaves: {low: 4, high: 8}, learning_rate: {low: 0.1, high: 0.15, log: false}}}")
    space = found["lightgbm"].space
    assert space["lightgbm.num_leaves"] == Int(low=4, high=8, default=8, log=True)  # log as before
    assert space["lightgbm.learning_rate"] == Float(low=0.1, high=0.15, default=0.1, log=False)
    assert found["lightgbm"].defaults["lightgbm.num_leaves"] == 8
    assert found["lightgbm"].graph == NOTHING["lightgbm"].graph


def test_a_range_frees_what_the_catalog_fixes() -> None:
    space = narrowed("{lightgbm: {num_rounds: {low: 5, high: 50}}}")["lightgbm"].space
    assert space["lightgbm.num_rounds"] == Int(low=5, high=50, default=5, log=False)


def test_options_replace() -> None:
    found = narrowed("{logistic: {class_weight: {options: [balanced]}, C: {options: [0.5, 1.0, 2.0]}}}")["linear"].space
    assert found["logistic.class_weight"] == Choice(options=("balanced",), default="balanced")
    assert found["logistic.C"] == Choice(options=(0.5, 1.0, 2.0), default=1.0)


def test_the_name_of_a_family_reaches_its_operators() -> None:
    classes = narrowed("{linear: {C: 2.5}}")["linear"]
    assert classes.graph.output.op == "logistic" and classes.graph.output.params["C"] == 2.5
    quantity = narrowed("{linear: {alpha: 2.5}}", "price")["linear"]
    assert quantity.graph.output.op == "ridge" and quantity.graph.output.params["alpha"] == 2.5


def test_an_operator_is_reached_at_every_place_where_it_stands() -> None:
    found = narrowed("{target_mean: {smoothing: 3.0}}")
    places = {c.id: n.params["smoothing"] for c in found.values() for n in c.graph.nodes if n.op == "target_mean"}
    assert {"linear", "lightgbm_means", "extra_trees", "mlp"} <= set(places) and set(places.values()) == {3.0}
    assert not any(name.endswith(".smoothing") for c in found.values() for name in c.space)


def test_the_closer_name_wins_whatever_the_order_of_keys() -> None:
    one = narrowed("{linear: {C: 1.5}, logistic: {C: 2.5}}")
    other = narrowed("{logistic: {C: 2.5}, linear: {C: 1.5}}")
    assert one == other and one["linear"].graph.output.params["C"] == 2.5


def test_what_was_narrowed_is_told() -> None:
    draft = _draft("{lightgbm: {num_leaves: {low: 4, high: 8}, max_bin: 15}}")
    told = [(d.subject, d.value) for d in draft.decisions if d.subject.startswith("search.space")]
    assert told == [
        ("search.space.lightgbm.max_bin", "15"),
        ("search.space.lightgbm.num_leaves", "{'low': 4, 'high': 8}"),
    ]


def test_a_step_that_was_put_in_is_told_and_one_that_is_nowhere_is_warned_of() -> None:
    draft = _draft("{missing_indicators: {}, date_differences: {}, lightgbm: {max_bin: 15}}")
    told = {d.subject: d.value for d in draft.decisions if d.subject.startswith("search.space")}
    expected = "a step of " + ", ".join(c.id for c in draft.candidates if c.id != "constant")
    assert told == {"search.space.missing_indicators": expected, "search.space.lightgbm.max_bin": "15"}
    (warning,) = [d for d in draft.findings if d.code == "PLAN010"]
    assert warning.severity == "warning" and "'date_differences'" in warning.message and warning.line


def test_the_curves_of_a_linear_model_may_be_others_than_those_searched() -> None:
    assert "robust" not in NOTHING["linear"].space["scale.method"].options  # type: ignore[union-attr]
    found = narrowed("{scale: {method: {options: [robust, standard]}}, select_features: {share: 0.25}}")
    assert found["linear"].space["scale.method"] == Choice(options=("robust", "standard"), default="standard")
    assert found["lightgbm"].graph.node("select").params["share"] == 0.25


def test_narrowing_twice_gives_the_same_candidates() -> None:
    draft = _draft("{lightgbm: {num_leaves: {low: 4, high: 8}, max_bin: 15}, logistic: {C: {options: [0.5, 3.0]}}}")
    assert narrow_space(draft).candidates == draft.candidates


INT = Int(low=1, high=100, default=20, log=True)
FLOAT = Float(low=0.1, high=10.0, default=1.0)
CHOICE = Choice(options=("a", "b"), default="b")


@pytest.mark.parametrize(
    ("domain", "old", "param"),
    [
        ({"low": 30, "high": 40}, INT, Int(low=30, high=40, default=30, log=True)),
        ({"low": 2, "high": 10}, INT, Int(low=2, high=10, default=10, log=True)),
        ({"low": 2, "high": 40, "log": False}, INT, Int(low=2, high=40, default=20)),
        ({"low": 2, "high": 5}, FLOAT, Float(low=2, high=5, default=2)),
        ({"low": 2, "high": 5}, None, Int(low=2, high=5, default=2)),
        ({"low": 0.5, "high": 5}, None, Float(low=0.5, high=5, default=0.5)),
        ({"low": 3, "high": 3}, INT, Int(low=3, high=3, default=3, log=True)),
        (["b", "c"], CHOICE, Choice(options=("b", "c"), default="b")),
        ({"options": ["c", "a"]}, CHOICE, Choice(options=("c", "a"), default="c")),
        ({"options": [5, 20]}, INT, Choice(options=(5, 20), default=20)),
        ({"options": [5, 6]}, None, Choice(options=(5, 6), default=5)),
    ],
)
def test_domains(domain: object, old: Param | None, param: Param) -> None:
    found = domain_of(domain, old)
    assert found == param and type(found) is type(param) and type(found.default) is type(param.default)
