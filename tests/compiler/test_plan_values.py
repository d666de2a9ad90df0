"""A plan is a value: it survives its file, and nothing that means nothing changes its bytes."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.compiler import compile_draft, plan_of
from automl.plan import Plan
from automl.search.ask import ask
from automl.search.history import History
from automl.value import pretty_json
from tests.support.plans import metric
from tests.support.tables import Table, draft_of, mixed

TABLE = mixed(300)
FULL: dict[str, Any] = {
    "version": 1,
    "name": "tiny",
    "data": {
        "path": ["a.csv", "b.csv"],
        "target": "y",
        "positive": "no",
        "id": ["owner"],
        "ignore": ["price"],
        "columns": {"count": {"kind": "categorical"}, "size": {"missing": ["-"], "kind": "numeric"}},
        "format": {"missing": ["", "NA"]},
    },
    "metric": "log_loss",
    "validation": {"kind": "random", "folds": 3, "holdout": 0.25},
    "search": {
        "seed": 3,
        "budget": {"trials": 7, "time": "90s"},
        "trial": {"cpus": 2, "timeout": "5s"},
        "families": ["lightgbm", "linear"],
        "space": {
            "lightgbm": {"num_leaves": {"low": 4, "high": 9}, "max_bin": 31, "extra_trees": {"options": [True]}},
            "target_mean": {"smoothing": 5.0},
            "linear": {"C": {"low": 0.5, "high": 2, "log": False}},
        },
    },
    "accept": [{"metric": "roc_auc", "at_least": 0.5}, {"package_size": "5MiB"}],
    "package": {"version": "2.0.0", "targets": ["python"]},
}


def compiled(spec: dict[str, Any], table: Table = TABLE) -> Plan:
    return plan_of(compile_draft(draft_of(table, yaml.safe_dump(spec, sort_keys=False))))


def text(plan: Plan) -> str:
    """What `automl compile` writes."""
    return pretty_json(plan.model_dump(mode="json"))


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same, the keys of every mapping in another order; lists as they are."""
    if isinstance(value, dict):
        keys = list(value)
        dice.shuffle(keys)
        return {key: shuffled(value[key], dice) for key in keys}
    return [shuffled(item, dice) for item in value] if isinstance(value, list) else value


PLAN = compiled(FULL)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**20))
def test_the_order_of_keys_in_the_spec_changes_no_byte_of_the_plan(seed: int) -> None:
    assert text(compiled(shuffled(FULL, random.Random(seed)))) == text(PLAN)


NUMBERS = st.one_of(
    st.integers(2, 200),
    st.tuples(st.integers(2, 60), st.integers(61, 200)).map(lambda ends: {"low": ends[0], "high": ends[1]}),
    st.lists(st.integers(2, 200), min_size=1, max_size=4, unique=True).map(lambda found: {"options": found}),
)
RATES = st.one_of(
    st.floats(0.001, 1.0),
    st.tuples(st.floats(0.001, 0.2), st.floats(0.2, 1.0), st.booleans()).map(
        lambda parts: {"low": parts[0], "high": parts[1], "log": parts[2]}
    ),
    st.lists(st.floats(0.001, 1.0), min_size=1, max_size=3, unique=True).map(lambda found: {"options": found}),
)
SPECS = st.fixed_dictionaries(
    {
        "target": st.sampled_from(["y", "grade", "price"]),
        "kind": st.sampled_from(["random", "group", "time"]),
        "folds": st.integers(2, 5),
        "holdout": st.sampled_from([0, 0.1, 0.37]),
        "seed": st.integers(0, 2**31),
        "leaves": NUMBERS,
        "rate": RATES,
        "families": st.sampled_from([["linear"], ["lightgbm"], ["lightgbm", "linear"]]),
        "unknown": st.sampled_from(["other", "missing", "reject"]),
    }
)


def spec_of(drawn: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "name": "tiny",
        "data": {"path": "t.csv", "target": drawn["target"], "group": "owner", "time": "day"},
        "validation": {name: drawn[name] for name in ("kind", "folds", "holdout")},
        "search": {
            "seed": drawn["seed"],
            "families": drawn["families"],
            "space": {"lightgbm": {"num_leaves": drawn["leaves"], "learning_rate": drawn["rate"]}},
        },
        "package": {"unknown_category": drawn["unknown"]},
    }


@settings(max_examples=25, deadline=None, derandomize=True)
@given(drawn=SPECS)
def test_a_plan_survives_its_file(drawn: dict[str, Any]) -> None:
    plan = compiled(spec_of(drawn))
    again = Plan.model_validate_json(text(plan))
    assert again == plan and again.search_digest == plan.search_digest
    assert text(again) == text(plan)


def test_a_plan_read_from_its_file_asks_for_the_same_trials() -> None:
    """The keys of a file are sorted, those of a plan just made are not: nothing may depend on that."""
    plan = compiled({key: FULL[key] for key in ("version", "name", "data")})
    again = Plan.model_validate_json(text(plan))
    assert [list(c.space) for c in plan.candidates] != [list(c.space) for c in again.candidates], (
        "else this shows nothing"
    )
    for number in range(len(plan.candidates) + 6):
        one, other = ask(plan, number, History(metric(True))), ask(again, number, History(metric(True)))
        assert one is not None and other is not None
        assert (one.candidate, dict(one.params)) == (other.candidate, dict(other.params))


def changed(path: str, value: Any) -> dict[str, Any]:
    """FULL with another value at a dotted path."""
    spec: dict[str, Any] = yaml.safe_load(yaml.safe_dump(FULL))
    *sections, last = path.split(".")
    place = spec
    for section in sections:
        place = place.setdefault(section, {})
    place[last] = value
    return spec


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("search.budget", {"trials": 700}),
        ("accept", []),
        ("package.version", "3.0.0"),
        ("package.targets", ["python", "docker"]),
        ("run", {"executor": "inline"}),
    ],
)
def test_what_changes_no_trial_is_not_in_the_search_digest(path: str, value: Any) -> None:
    assert compiled(changed(path, value)).search_digest == PLAN.search_digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("search.seed", 4),
        ("search.parallelism", 3),
        ("search.trial.timeout", "6s"),
        ("search.space.lightgbm.max_bin", 63),
        ("validation.folds", 4),
        ("validation.holdout", 0.5),
        ("metric", "roc_auc"),
        ("data.positive", "yes"),
        ("data.ignore", ["price", "grade"]),
        ("package.unknown_category", "missing"),
    ],
)
def test_what_changes_a_trial_is_in_the_search_digest(path: str, value: Any) -> None:
    assert compiled(changed(path, value)).search_digest != PLAN.search_digest


def test_one_other_cell_is_in_the_search_digest() -> None:
    table = {name: list(cells) for name, cells in TABLE.items()}
    table["size"][17] = 11.25
    assert compiled(FULL, table).search_digest != PLAN.search_digest


def test_compiling_twice_gives_the_same_bytes() -> None:
    assert text(compiled(FULL)) == text(PLAN)
