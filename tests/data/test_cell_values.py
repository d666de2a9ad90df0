"""What one value means: numbers, booleans, times and category texts, and arrow's reading against ours."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pyarrow as arrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.texts import cells_of, read_numbers
from automl.runtime.table import ColumnSpec
from automl.runtime.values import canonical_text, is_number, parse_boolean, parse_number, parse_time

NUMBERLIKE = (
    st.text(alphabet="0123456789+-.eE_xinfatyNI ,\uff11", max_size=8) | st.floats().map(repr) | st.integers().map(str)
)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1.0), (" -1.50 ", -1.5), (".5", 0.5), ("5.", 5.0), ("+1e3", 1000.0), ("\u00a02", 2.0), ("007", 7.0)],
)
def test_numbers(text: str, number: float) -> None:
    assert is_number(text)
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "a", "1_0", "0x10", "1,5", "1e", "--1", "1 2", "\uff11", "1f", "$1", "nan(1)"])
def test_texts_that_are_no_numbers(text: str) -> None:
    assert not is_number(text)
    assert math.isnan(parse_number(text))


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_missing(text: str) -> None:
    assert is_number(text)
    assert math.isnan(parse_number(text))


@given(NUMBERLIKE)
def test_arrow_accepts_exactly_what_we_accept(text: str) -> None:
    found = read_numbers(cells_of(arrow.array([text]), ColumnSpec("x", "number", frozenset())))
    assert (found is not None) == is_number(text)
    if found is not None:
        assert np.array_equal(found, [parse_number(text)], equal_nan=True)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((1, 1.0, "1", "1.0", " 1 ", b"1", np.int8(1), np.float32(1), Decimal("1"), "1.000"), "1"),
        ((0, 0.0, -0.0, "-0", "-0.0"), "0"),
        ((True, np.bool_(True), "True"), "True"),
        ((0.5, "0.5", np.float64(0.5)), "0.5"),
        ((10**20, "100000000000000000000", 1e20), "100000000000000000000"),
        ((date(2024, 1, 31), datetime(2024, 1, 31), np.datetime64("2024-01-31"), "2024-01-31"), "2024-01-31"),
        ((datetime(2024, 1, 31, 1), np.datetime64("2024-01-31T01")), "2024-01-31T01:00:00"),
    ],
)
def test_one_canonical_text(values: tuple[object, ...], text: str) -> None:
    assert [canonical_text(value) for value in values] == [text] * len(values)


def test_names_stay_as_they_stand() -> None:
    for text in ("01", "1.50", "1e3", "+1", "1.", "true", "None", "a  b"):
        assert canonical_text(text) == text


def test_missing_values_have_no_text() -> None:
    missing = (None, math.nan, math.inf, np.float32("nan"), np.datetime64("NaT"), Decimal("NaN"))
    assert [canonical_text(value) for value in missing] == [None] * len(missing)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_float_reads_back_equal_and_is_its_own_text(value: float) -> None:
    text = canonical_text(value)
    assert text is not None
    assert parse_number(text) == value
    assert canonical_text(text) == text


def test_booleans() -> None:
    assert [parse_boolean(text) for text in ("true", " TRUE ", "False")] == [1.0, 1.0, 0.0]
    assert all(math.isnan(parse_boolean(text)) for text in ("yes", "t", "1", ""))


@pytest.mark.parametrize(
    ("text", "form", "seconds"),
    [
        ("1970-01-02", "iso", 86400.0),
        ("19700102T000001", "iso", 86401.0),
        ("1970-01-01 02:00:00+02:00", "iso", 0.0),
        ("1970-01-01T00:00:00.25Z", "iso", 0.25),
        ("02.01.1970", "%d.%m.%Y", 86400.0),
    ],
)
def test_times(text: str, form: str, seconds: float) -> None:
    assert parse_time(text, form) == seconds


@pytest.mark.parametrize("text", ["", "1970", "12", "1970-13-01", "1970-0102", "1970-W01-1", "noon"])
def test_texts_that_are_no_times(text: str) -> None:
    assert math.isnan(parse_time(text, "iso"))


@given(st.datetimes(), st.integers(-720, 720))
def test_times_agree_with_numpy(moment: datetime, minutes: int) -> None:
    expected = np.datetime64(moment, "us").astype(np.int64) / 1e6
    assert parse_time(moment.isoformat(), "iso") == expected
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert abs(parse_time(aware.isoformat(), "iso") - (expected - minutes * 60)) < 1e-4
