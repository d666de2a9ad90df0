"""What single steps do with values that training did not prepare them for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.fitting import constant as fit_constant
from automl.fitting import date_parts as fit_date_parts
from automl.fitting import impute as fit_impute
from automl.fitting import logistic as fit_logistic
from automl.fitting import numbers as fit_numbers
from automl.fitting import one_hot as fit_one_hot
from automl.fitting import ordinal as fit_ordinal
from automl.fitting import standardise as fit_standardise
from automl.fitting import target_mean as fit_target_mean
from automl.fitting.target import Target
from automl.runtime import (
    constant,
    date_parts,
    impute,
    join,
    linear,
    logistic,
    numbers,
    one_hot,
    ordinal,
    standardise,
    target_mean,
)
from automl.runtime.columns import Columns, Floats, Text
from automl.runtime.state import State

NOTHING = Target(np.zeros(0), 0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(*values: str | None) -> Columns:
    levels = tuple(sorted({v for v in values if v is not None}, reverse=True))
    return {"c": Text(np.array([-1 if v is None else levels.index(v) for v in values], dtype=np.int32), levels)}


def test_numbers_fall_back_to_the_median_only_where_nothing_was_missing() -> None:
    training = {"a": np.array([1.0, 2.0, 9.0]), "b": np.array([1.0, np.nan, 9.0]), "c": np.full(3, np.nan)}
    state = fit_numbers.fit((training,), NOTHING, {}, 0)
    out = numbers.apply(state, {name: np.array([np.nan, 5.0, np.inf]) for name in training})
    assert np.array_equal(out, [[2.0, np.nan, np.nan], [5.0, 5.0, 5.0], [2.0, np.nan, np.nan]], equal_nan=True)
    assert state.values == {"columns": ["a", "b", "c"], "had_missing": [False, True, True]}
    assert state.arrays["medians"].tolist() == [2.0, 5.0, 0.0]


def test_impute_fills_features_that_were_never_missing_too() -> None:
    x = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    state = fit_impute.fit((x,), NOTHING, {"strategy": "mean"}, 0)
    out = impute.apply(state, np.array([[np.nan, np.nan, 7.0]]))
    assert out.tolist() == [[2.0, 4.0, 7.0, 1.0, 0.0]]  # two indicators: features 1 and 2


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        # columns: a (3 rows), rare (b and c), missing
        ("other", {"a": [1, 0, 0], "b": [0, 1, 0], "new": [0, 1, 0], None: [0, 0, 1]}),
        ("missing", {"a": [1, 0, 0], "b": [0, 1, 0], "new": [0, 0, 1], None: [0, 0, 1]}),
    ],
)
def test_one_hot_policies(policy: str, expected: dict[str | None, list[int]]) -> None:
    state = fit_one_hot.fit(
        (text("a", "b", "a", "c", "a", None),), NOTHING, {"min_count": 2, "unknown_category": policy}, 0
    )
    assert one_hot.apply(state, text(*expected)).tolist() == list(expected.values())


@pytest.mark.parametrize("policy", ["other", "missing", "reject"])
def test_one_hot_without_rare_and_missing_gives_zeros(policy: str) -> None:
    state = fit_one_hot.fit((text("a", "b"),), NOTHING, {"min_count": 1, "unknown_category": policy}, 0)
    assert one_hot.apply(state, text("b", "new", None)).tolist() == [[0, 1], [0, 0], [0, 0]]


def test_ordinal_policies() -> None:
    for policy, unknown in (("other", 2.0), ("missing", np.nan)):
        state = fit_ordinal.fit((text("b", "a", None),), NOTHING, {"unknown_category": policy}, 0)
        assert np.array_equal(
            ordinal.apply(state, text("a", "b", "new", None))[:, 0], [0, 1, unknown, np.nan], equal_nan=True
        )


def test_target_mean_policies() -> None:
    training, target = text("a", "a", "b", None), Target(np.array([1, 0, 1, 0]), 2)
    for policy, unknown in (("other", 0.5), ("missing", 0.25)):
        state = fit_target_mean.fit((training,), target, {"smoothing": 1.0, "unknown_category": policy}, 0)
        assert target_mean.apply(state, text("a", "b", None, "new"))[:, 0].tolist() == [0.5, 0.75, 0.25, unknown]
    state = fit_target_mean.fit(
        (text("a", "b"),), Target(np.array([1.0, 3.0]), 0), {"smoothing": 0, "unknown_category": "other"}, 0
    )
    assert target_mean.apply(state, text(None)).tolist() == [[2.0]]  # never seen missing: the prior


def test_join() -> None:
    assert join.apply(State(), np.array([[1.0]]), np.array([[2.0, 3.0]])).tolist() == [[1.0, 2.0, 3.0]]


def fitted_dates(*seconds: float) -> State:
    return fit_date_parts.fit(({"t": np.array(seconds)},), NOTHING, {}, 0)


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))
def test_date_parts_are_those_of_the_calendar(naive: datetime) -> None:
    time = naive.replace(microsecond=0, tzinfo=UTC)
    seconds = (time - EPOCH) // timedelta(seconds=1)
    out = date_parts.apply(fitted_dates(0.0), {"t": np.array([float(seconds)])})[0]
    day_of_year = time.timetuple().tm_yday
    assert out[:6].tolist() == [time.year, time.month, time.day, time.weekday(), time.hour, day_of_year]
    assert out[6] == seconds / 86400


def test_date_parts_of_what_is_no_time() -> None:
    times = {"t": np.array([np.nan, np.inf, -np.inf, 1e300, -1e300])}
    out = date_parts.apply(fitted_dates(0.0, np.nan), times)
    assert np.isnan(out[:3]).all() and out[3:, 0].tolist() == [9999.0, 1.0]
    out = date_parts.apply(fitted_dates(0.0, 86400.0, 1e9), times)  # training had none missing: the median, 1970-01-02
    assert (out[:3] == [1970, 1, 2, 4, 0, 2, 1]).all() and np.isfinite(out).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 70), st.integers(1, 300), st.integers(2, 4), st.integers(0, 10**6))
def test_linear_parts_have_the_bits_of_one_row(rows: int, features: int, outputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(rows, features)), rng.normal(size=(outputs, features)), rng.normal(size=outputs)
    sums = linear.weighted_sums(x, w, b)
    soft, logit = linear.softmax(sums), linear.sigmoid(sums[:, 0])
    for i in range(rows):
        one = linear.weighted_sums(x[i : i + 1], w, b)
        assert one.tobytes() == sums[i : i + 1].tobytes()
        assert linear.softmax(one).tobytes() == soft[i : i + 1].tobytes()
        assert linear.sigmoid(one[:, 0]).tobytes() == logit[i : i + 1].tobytes()
    assert linear.weighted_sums(np.asfortranarray(x), w, b).tobytes() == sums.tobytes()


def test_wide_and_long_sums_have_the_bits_of_one_row() -> None:
    rng = np.random.default_rng(0)
    for rows, features in ((3, 20_000), (20_000, 1), (9_000, 3)):
        x, w, b = rng.normal(size=(rows, features)), rng.normal(size=(1, features)), np.zeros(1)
        sums = linear.weighted_sums(x, w, b)
        for i in range(0, rows, max(1, rows // 50)):
            assert linear.weighted_sums(x[i : i + 1], w, b)[0, 0] == sums[i, 0]


def test_outliers_stay_finite() -> None:
    state = fit_standardise.fit((np.array([[1.0, 5.0], [1.0 + 1e-6, 7.0]]),), NOTHING, {}, 0)
    out = standardise.apply(state, np.array([[1.7e308, -1.7e308], [-1.7e308, 6.0]]))
    assert out.tolist() == [[1e100, -1e100], [-1e100, 0.0]]
    assert np.isfinite(linear.weighted_sums(out, np.array([[1e9, 1e9]]), np.zeros(1))).all()


def test_sigmoid_and_softmax_never_overflow() -> None:
    far: Floats = np.array([-1e308, -800.0, 0.0, 800.0, 1e308])
    assert linear.sigmoid(far)[:, 1].tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert linear.softmax(np.array([[8e307, -8e307], [800.0, 800.0]])).tolist() == [[1.0, 0.0], [0.5, 0.5]]


@pytest.mark.parametrize("codes", [[1, 1, 1, 1], [0, 2, 0, 2], [2, 2, 2, 2]])
def test_logistic_without_all_classes(codes: list[int]) -> None:
    x = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    state = fit_logistic.fit((x,), Target(np.array(codes), 3), {"C": 1.0, "class_weight": "none"}, 0)
    out = logistic.apply(state, x)
    assert out.shape == (4, 3) and np.allclose(out.sum(axis=1), 1.0)
    assert set(np.flatnonzero(out.sum(axis=0))) == set(codes)


def test_logistic_of_one_class_of_two() -> None:
    x = np.array([[1.0], [-1.0]])
    state = fit_logistic.fit((x,), Target(np.array([1, 1]), 2), {"C": 1.0, "class_weight": "balanced"}, 0)
    assert logistic.apply(state, x).tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_logistic_that_does_not_converge_is_silent() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 5)) * [1.0, 1e6, 1e-3, 1e4, 1.0]
    target = Target((x[:, 0] + rng.normal(size=60) > 0).astype(np.int64), 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_logistic, "MAX_ITERATIONS", 2)
        state = fit_logistic.fit((x,), target, {"C": 100.0, "class_weight": "none"}, 0)
    assert np.isfinite(logistic.apply(state, x)).all()


def test_the_shares_of_two_classes_are_one_minus_the_other() -> None:
    state = fit_constant.fit(({"a": np.zeros(3)},), Target((np.arange(3) < 1).astype(np.int64), 2), {}, 0)
    negative, positive = constant.apply(state, {"a": np.zeros(1)})[0]
    assert positive == 1 / 3 and negative == 1.0 - positive != 2 / 3
