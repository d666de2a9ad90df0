"""The spec as written: round trips, times and sizes, and the JSON Schema."""

from __future__ import annotations

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from automl.spec.json_schema import _without_noise, spec_schema
from automl.spec.load import parse_spec
from automl.spec.places import Spot, dotted
from automl.spec.units import SIZE_UNITS, TIME_UNITS, format_size, format_time, parse_size, parse_time, unit_hint
from tests.spec.support import EVERYTHING, OTHERS, SHORTEST, written

EXAMPLES = [SHORTEST, EVERYTHING, OTHERS]


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_spec_written_out_is_the_same_spec(text: str) -> None:
    spec = written(text)
    again = yaml.safe_dump(spec.model_dump(mode="json", exclude_none=True), sort_keys=False)
    assert written(again) == spec


def test_what_is_left_out_is_none() -> None:
    spec = written(SHORTEST)
    data = spec.data.model_dump(exclude_none=True)
    assert spec.model_dump(exclude_none=True) == {"version": 1, "name": "telco-churn", "data": data}
    assert data == {"path": ("telco_churn.csv.gz",), "target": "Churn"}


def test_times_are_seconds_and_sizes_are_bytes() -> None:
    spec = written(EVERYTHING)
    assert spec.search is not None and spec.search.trial is not None and spec.search.budget is not None
    assert (spec.search.budget.time, spec.search.trial.timeout) == (600.0, 60.0)
    assert spec.search.trial.memory == 2 * 1024**3
    assert spec.accept is not None and spec.accept[4].latency_p99 == 0.005
    assert spec.accept[5].package_size == 50 * 1024**2


@pytest.mark.parametrize(
    "text", ["", "s", "5", "5 5s", "1e3s", "5S", "5mb", "٣s", "5s\n", "--5s", "nan s", "9999999999999999s"]
)
def test_times_and_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)
    with pytest.raises(ValueError):
        parse_size(text)


def test_units_that_were_meant() -> None:
    assert unit_hint("5S", TIME_UNITS) == "did you mean '5s'?"
    assert unit_hint("5 min", TIME_UNITS) == "did you mean '5m'?"
    assert unit_hint("5gb", SIZE_UNITS) == "did you mean '5GiB'?"
    assert unit_hint("5 parsecs", TIME_UNITS) is None


@given(st.integers(-(10**8), 10**8), st.sampled_from([1000, 1]))
def test_times_survive(number: int, parts: int) -> None:
    assert parse_time(format_time(number / parts)) == number / parts


@given(st.integers(-(10**9), 10**9) | st.integers(0, 1000).map(lambda n: n * 2**30))
def test_sizes_survive(size: int) -> None:
    assert parse_size(format_size(size)) == size


def test_the_schema_is_a_schema_with_a_description_of_every_key() -> None:
    schema = spec_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for model in [schema, *schema["$defs"].values()]:
        assert model["additionalProperties"] is False
        for key, value in model["properties"].items():
            assert value.get("description"), key
            assert "title" not in value and "default" not in value
    assert set(schema["required"]) == {"version", "name", "data"}
    schema["required"] = []
    assert spec_schema()["required"], "each call gives a value of its own"


def test_a_key_named_title_would_stay() -> None:
    part = {"title": "T", "properties": {"title": {"title": "T", "type": "string"}}}
    assert _without_noise(part) == {"properties": {"title": {"type": "string"}}}


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_schema_accepts_the_examples(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), spec_schema(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"name": "a b"},
        {"extra": 1},
        {"search": {"budget": {"time": 90}}},
        {"search": {"budget": {"time": "90"}}},
        {"search": {"space": {"lightgbm": {"num_leaves": {"lo": 1}}}}},
        {"validation": {"holdout": "0.2"}},
        {"run": {"executor": "dask"}},
    ],
)
def test_the_schema_refuses(change: dict[str, object]) -> None:
    spec = yaml.safe_load(SHORTEST) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec, spec_schema(), jsonschema.Draft202012Validator)


def test_places_fall_back_to_the_nearest_key() -> None:
    _, places, _ = parse_spec(EVERYTHING, "spec.yaml")
    columns = places.diagnostic("warning", "SPEC090", ("data", "columns", "unheard", "kind"), "m")
    assert (columns.line, columns.column, columns.length) == (15, 3, len("columns"))
    assert columns.as_json()["severity"] == "warning"
    assert places.spot(("nowhere",)) == Spot(1, 1, 1)
    assert places.spot(("data", "id", 0)) == Spot(10, 8, len("customerID"))


def test_paths_for_people() -> None:
    assert dotted(("search", "families", 1)) == "search.families[1]"
    assert dotted(()) == "the spec"
    assert "\x1b" not in dotted(("data", "\x1b[31m"))
    assert len(dotted(("x" * 500,))) == 60
