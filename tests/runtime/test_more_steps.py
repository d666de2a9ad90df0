"""Steps that bend, count, mark, select and compare dates, with values that training did not prepare them for."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.catalog import OPERATORS
from automl.fitting.target import Target
from automl.params import Choice
from automl.runtime import scale as scaling
from automl.runtime.columns import Column, Columns, Floats, Matrix, Text
from automl.runtime.normal import normal_quantile
from automl.runtime.state import State

METHODS = tuple(scaling.CURVES)
DAY = 86400.0
HARD = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e300, -1e300, 1e-300, 5e-324, 1.7e308, -1.7e308, 7.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)


def fitted(op: str, inputs: Any, target: Target | None = None, **params: Any) -> State:
    rows = len(inputs) if isinstance(inputs, np.ndarray) else len(next(iter(inputs.values())))
    some = target or Target(np.arange(rows) % 3 * 1.0, 0)
    state: State = importlib.import_module(f"automl.fitting.{op}").fit((inputs,), some, params, 0)
    return state


def applied(op: str, state: State, inputs: Any) -> Matrix:
    out: Matrix = importlib.import_module(f"automl.runtime.{op}").apply(state, inputs)
    return out


def text(*values: str | None) -> Columns:
    levels = tuple(sorted({v for v in values if v is not None}, reverse=True))
    return {"c": Text(np.array([-1 if v is None else levels.index(v) for v in values], dtype=np.int32), levels)}


def test_every_method_is_declared() -> None:
    param = OPERATORS["scale"].space["method"]
    assert isinstance(param, Choice) and param.options == METHODS
    assert all(name in OPERATORS["scale"].docs["method"] for name in METHODS)


def test_every_parameter_of_a_step_has_a_line_for_people() -> None:
    for op in OPERATORS.values():
        if op.role == "transformer":
            assert set(op.docs) == {*op.space, *op.fixed} - {"unknown_category"}, op.name


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(training=st.lists(HARD, min_size=1, max_size=12), new=st.lists(HARD, min_size=1, max_size=12), data=st.data())
def test_scale_is_finite_and_by_rows_whatever_it_is_given(
    method: str, training: list[float], new: list[float], data: st.DataObject
) -> None:
    """Missing values are the business of another step; here: constant, huge and tiny ones, in training or later."""
    x = np.array([training, np.linspace(-1.0, 1.0, len(training))]).T
    state = fitted("scale", x, method=method)
    rows = np.array([new, new[::-1]]).T
    out = applied("scale", state, rows)
    assert np.isfinite(out).all() and np.isfinite(applied("scale", state, x)).all()
    order = data.draw(st.permutations(range(len(new))))
    assert applied("scale", state, rows[order]).tobytes() == out[order].tobytes()
    for i in range(len(new)):
        assert applied("scale", state, rows[i : i + 1]).tobytes() == out[i : i + 1].tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_scale_keeps_the_order_of_values(method: str) -> None:
    rng = np.random.default_rng(1)
    state = fitted("scale", np.exp(rng.normal(size=(400, 1)) * 2.0) - 1.0, method=method)
    out = applied("scale", state, np.sort(rng.normal(size=(300, 1)) * 30.0, axis=0))[:, 0]
    assert (np.diff(out) >= 0.0).all() and out[-1] > out[0]


@pytest.mark.parametrize("method", METHODS)
def test_marks_are_not_bent(method: str) -> None:
    """Two values stay two values one deviation from their mean, whatever the method; a constant becomes 0."""
    x = np.array([[0.0, 5.0], [1.0, 5.0], [1.0, 5.0], [1.0, 5.0]])
    out = applied("scale", fitted("scale", x, method=method), x)
    assert np.allclose(out[:, 0], (x[:, 0] - 0.75) / np.sqrt(0.1875)) and (out[:, 1] == 0.0).all()


def test_clip_draws_in_what_training_had_not() -> None:
    x = np.arange(1000.0)[:, np.newaxis]
    state = fitted("scale", x, method="clip")
    out = applied("scale", state, np.array([[-1e9], [0.999], [998.001], [1e9]]))[:, 0]
    assert out[0] == out[1] and out[2] == out[3] and state.arrays["low"][0] == pytest.approx(0.999)


def test_the_power_of_many_rows_is_found_on_some(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("automl.fitting.scale")
    x = np.exp(np.random.default_rng(2).normal(size=(900, 1)))
    exact = float(fitted("scale", x, method="power").arrays["lambdas"][0])
    monkeypatch.setattr(module, "POWER_ROWS", 600)
    some = float(fitted("scale", x, method="power").arrays["lambdas"][0])
    assert some != exact and abs(some - exact) < 0.2
    assert fitted("scale", x, method="power").files() == fitted("scale", x, method="power").files()


@settings(deadline=None, derandomize=True)
@given(st.floats(1e-10, 1.0 - 1e-10))
def test_normal_quantiles_are_those_of_the_standard_library(share: float) -> None:
    from statistics import NormalDist

    assert normal_quantile(np.array([share]))[0] == pytest.approx(NormalDist().inv_cdf(share), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(
    ("policy", "log", "expected"),
    [
        ("other", False, [3, 1, 0, 2]),
        ("missing", False, [3, 1, 2, 2]),
        ("other", True, [np.log1p(3.0), np.log1p(1.0), 0.0, np.log1p(2.0)]),
    ],
)
def test_counts(policy: str, log: bool, expected: list[float]) -> None:
    state = fitted("count_encode", text("a", "a", None, "b", "a", None), log=log, unknown_category=policy)
    assert applied("count_encode", state, text("a", "b", "new", None))[:, 0].tolist() == expected


@pytest.mark.parametrize(
    ("policy", "unknown"), [("other", 1.0), ("reject", 1.0), ("missing", np.nan)]
)  # a: 0; the rare b and c: 1
def test_rare_levels_share_a_code(policy: str, unknown: float) -> None:
    training = text("c", "a", "b", "a", None)
    state = fitted("ordinal", training, unknown_category=policy, min_count=2)
    out = applied("ordinal", state, text("a", "b", "c", "new", None))[:, 0]
    assert np.array_equal(out, [0.0, 1.0, 1.0, unknown, np.nan], equal_nan=True)
    usual = fitted("ordinal", training, unknown_category=policy, min_count=1)
    assert usual.arrays == {} and usual == fitted("ordinal", training, unknown_category=policy)


def seconds(*times: str | None) -> Floats:
    return np.array([np.nan if t is None else datetime.fromisoformat(t).replace(tzinfo=UTC).timestamp() for t in times])


def test_cycles_close() -> None:
    """Neighbours on the circle are as near at its seam as elsewhere; opposite ones are two apart."""
    times = seconds("2023-12-31T23:10", "2024-01-01T00:20", "2024-07-01T12:00", "2024-12-31T11:00")
    columns: dict[str, Column] = {"t": times}
    out = applied("date_cycles", fitted("date_cycles", columns), columns)
    month, weekday, hour, year = (out[:, 2 * i : 2 * i + 2] for i in range(4))
    assert np.allclose((out.reshape(4, 4, 2) ** 2).sum(axis=2), 1.0)
    assert np.linalg.norm(month[0] - month[1]) == pytest.approx(2 * np.sin(np.pi / 12))  # December and January
    assert np.linalg.norm(month[1] - month[2]) == pytest.approx(2.0)  # January and July
    assert np.linalg.norm(weekday[0] - weekday[1]) == pytest.approx(2 * np.sin(np.pi / 7))  # Sunday and Monday
    assert np.linalg.norm(hour[0] - hour[1]) == pytest.approx(2 * np.sin(np.pi / 24))
    assert np.linalg.norm(year[3] - year[1]) == pytest.approx(2 * np.sin(np.pi / 366))  # the 366th and the 1st day


def test_cycles_of_what_is_no_time() -> None:
    times = {"t": np.array([np.nan, np.inf, 1e300, -1e300])}
    out = applied("date_cycles", fitted("date_cycles", {"t": np.array([0.0, np.nan])}), times)
    assert np.isnan(out[:2]).all() and np.isfinite(out[2:]).all()
    assert np.isfinite(applied("date_cycles", fitted("date_cycles", {"t": np.array([0.0, DAY])}), times)).all()


def test_date_differences() -> None:
    training = {
        "a": seconds("2024-01-01", "2024-01-02", "2024-01-03"),
        "b": seconds("2024-01-02T12:00", "2024-01-02", "2024-01-10"),
        "c": seconds("2024-01-01", None, "2024-01-01"),
    }
    state = fitted("date_differences", training)
    assert state.values["pairs"] == [["a", "b"], ["a", "c"], ["b", "c"]]
    out = applied("date_differences", state, {**training, "b": np.array([np.nan, 1e300, DAY * 19723])})
    assert out[2].tolist() == [-2.0, -2.0, 0.0]
    assert out[0, 0] == 1.5 and np.isnan(out[0, 2]) and np.isnan(out[1, 1])  # the median; training had gaps
    assert np.isfinite(out[1, 0]) and out[1, 0] > 2_000_000  # the year 9999


def test_ten_pairs_of_dates_at_most_as_the_type_says() -> None:
    from automl.compiler.check_types import WIDENINGS
    from automl.kinds import ColumnType, Kind, TableType

    for count in (1, 2, 5, 7):
        columns = {f"t{i}": np.arange(3.0) * i for i in range(count)}
        given_type = TableType(columns=tuple(ColumnType(name=n, kind=Kind.DATETIME, missing=False) for n in columns))
        typed = WIDENINGS["pairs"](given_type, OPERATORS["date_differences"])
        out = applied("date_differences", fitted("date_differences", columns), columns)
        assert out.shape == (3, len(typed.columns)) and len(typed.columns) == min(10, count * (count - 1) // 2)
        shown = [f"{b} - {a}" for a, b in fitted("date_differences", columns).values["pairs"]]
        assert [c.name for c in typed.columns] == shown


def test_missing_indicators_of_every_kind() -> None:
    columns: dict[str, Column] = {**text("a", None), "x": np.array([np.nan, 1.0]), "y": np.array([2.0, np.inf])}
    out = applied("missing_indicators", fitted("missing_indicators", columns), columns)
    assert out.tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]


@pytest.mark.parametrize("score", ["f", "variance", "mutual_information"])
@pytest.mark.parametrize("classes", [0, 2])
def test_selection_of_hard_features(score: str, classes: int) -> None:
    """Constant, huge, missing and telling ones: the telling one is kept, and values stay as they are."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 60)
    good = 10.0 * y + rng.normal(size=60)
    x = np.column_stack([np.ones(60), np.where(rng.random(60) < 0.5, np.nan, 0.1), rng.normal(size=60), good])
    target = Target(y.astype(np.int64) if classes else y * 1.0, classes)
    state = fitted("select_features", x, target, share=0.01, score=score)
    assert state.arrays["kept"].tolist() == [3]
    every = fitted("select_features", x * 1e300, target, share=1.0, score=score)
    assert applied("select_features", every, x).tobytes() == x.tobytes()
    assert fitted("select_features", x, target, share=0.26, score=score).arrays["kept"].tolist()[-1] == 3


def test_selection_where_a_fold_has_one_class() -> None:
    x = np.array([[1.0, 5.0, 1.0], [1.0, -5.0, 2.0]])
    state = fitted("select_features", x, Target(np.array([1, 1]), 2), share=0.4, score="f")
    assert state.arrays["kept"].tolist() == [1, 2]


def test_information_of_many_rows_is_estimated_on_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("automl.fitting.select_features"), "INFORMATION_ROWS", 50)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 3))
    state = fitted("select_features", x, Target(np.abs(x[:, 1]), 0), share=0.3, score="mutual_information")
    assert state.arrays["kept"].tolist() == [1]
