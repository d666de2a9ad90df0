"""The door of a package: dicts, lists, arrays and frames become the same columns, or are refused by row and field."""

from __future__ import annotations

import pickle
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as arrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.runtime.cells import WHOLE
from automl.runtime.columns import Text
from automl.runtime.table import BadInput, ColumnSpec, columns_from, fields_of, to_column

NUMBER = ColumnSpec("n", "number")
TEXT = ColumnSpec("t", "text")
BOOLEAN = ColumnSpec("b", "boolean")
TIME = ColumnSpec("d", "datetime", time_format="%d.%m.%Y")


def decode(column: Any) -> list[str | None]:
    assert isinstance(column, Text)
    return [column.levels[code] if code >= 0 else None for code in column.codes]


def same(found: Any, expected: list[float]) -> bool:
    return found.dtype == np.float64 and np.array_equal(found, expected, equal_nan=True)


def test_numbers_from_lists_and_arrays() -> None:
    nan = float("nan")
    mixed = ["1.5", " 2 ", None, "NA", np.int8(4), Decimal("0.1"), True, b"3", 10**400, float("inf"), "inf"]
    assert same(to_column(NUMBER, mixed), [1.5, 2.0, nan, nan, 4.0, 0.1, 1.0, 3.0, nan, nan, nan])
    assert same(to_column(NUMBER, [1, 2.5, None, True, 10**400]), [1.0, 2.5, nan, 1.0, nan])
    assert same(to_column(NUMBER, np.array([1, 2], dtype=np.uint64)), [1.0, 2.0])
    assert same(to_column(NUMBER, np.array([1, np.inf], dtype=np.float32)), [1.0, nan])
    assert same(to_column(NUMBER, np.array(["1", "x"])[:1]), [1.0])
    assert same(to_column(NUMBER, np.ma.MaskedArray([1.0, 2.0], [False, True])), [1.0, nan])
    assert same(to_column(NUMBER, [float("inf")]), [nan])


def test_input_arrays_are_not_changed() -> None:
    given = np.array([1.0, np.inf])
    to_column(ColumnSpec("n", "number", frozenset({"1"})), given)
    assert given[0] == 1.0 and np.isinf(given[1])


def test_numeric_tokens_are_missing_however_they_come() -> None:
    spec = ColumnSpec("n", "number", frozenset({"", "-999"}))
    for values in (["-999", "-999.0", -999, -999.0], np.array([-999, -999, -999, -999])):
        assert np.isnan(to_column(spec, values)).all()
    text = ColumnSpec("t", "text", frozenset({"", "-999"}))
    assert decode(to_column(text, ["-999", "-999.0", -999, "x"])) == [None, None, None, "x"]
    assert decode(to_column(text, np.array([-999.0, 1.0, np.nan]))) == [None, "1", None]


def test_texts_have_one_form() -> None:
    assert decode(to_column(TEXT, [1, 1.0, "1", True, " a ", b"a", None, "NA", float("nan"), "01"])) == [
        *("1", "1", "1", "True", "a", "a", None, None, None, "01")
    ]
    assert decode(to_column(TEXT, np.array([True, False]))) == ["True", "False"]
    assert decode(to_column(TEXT, np.array([3, 1, 3]))) == ["3", "1", "3"]
    assert decode(to_column(TEXT, np.array([], dtype=np.float64))) == []


def test_booleans_and_times() -> None:
    nan = float("nan")
    values = [True, "true", "FALSE", 0, 1.0, "1", None, ""]
    assert same(to_column(BOOLEAN, values), [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, nan, nan])
    assert same(to_column(BOOLEAN, np.array([True, False])), [1.0, 0.0])
    moments = [
        "02.01.1970",
        "1970-01-02",
        datetime(1970, 1, 2),
        np.datetime64("1970-01-02"),
        None,
        np.datetime64("NaT"),
    ]
    assert same(to_column(TIME, moments), [86400.0] * 4 + [nan, nan])
    assert same(to_column(TIME, np.array(["1970-01-02", "NaT"], dtype="datetime64[D]")), [86400.0, nan])


@pytest.mark.parametrize(
    ("spec", "values", "rows"),
    [
        (NUMBER, [1, "abc", "NA", "1,5", [1], {"a": 1}], [1, 3, 4, 5]),
        (BOOLEAN, ["yes", 2, True], [0, 1]),
        (BOOLEAN, np.array([0, 1, 2]), [2]),
        (TIME, ["31.02.2024", 17, "1970-01-02"], [0, 1]),
        (TIME, np.array([1.0, np.nan]), [0]),
        (TEXT, ["a", ["b"], {"c": 1}, (1,)], [1, 2, 3]),
        (NUMBER, np.array(["2024-01-01"], dtype="datetime64[D]"), [0]),
        (NUMBER, [1 + 2j], [0]),
    ],
)
def test_bad_values_are_named(spec: ColumnSpec, values: Any, rows: list[int]) -> None:
    with pytest.raises(BadInput) as caught:
        to_column(spec, values)
    assert [problem.row for problem in caught.value.problems] == rows
    assert {problem.field for problem in caught.value.problems} == {spec.name}
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


class Frame:
    """A frame as pandas and polars have it: `columns`, `len`, and columns that numpy can read."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data, self.columns = data, list(data)

    def __len__(self) -> int:
        return len(next(iter(self._data.values())))

    def __getitem__(self, name: str) -> Any:
        return np.array(self._data[name], dtype=object)


RECORDS = [{"n": 1, "t": "a"}, {"t": None, "n": 2.5}, {"n": None}]


@pytest.mark.parametrize(
    "data",
    [
        RECORDS,
        {"n": [1, 2.5, None], "t": ["a", None, None]},
        {"n": np.array([1, 2.5, np.nan]), "t": np.array(["a", None, None], dtype=object)},
        Frame({"t": ["a", None, None], "n": [1, 2.5, None], "other": [1, 2, 3]}),
        arrow.table({"n": [1, 2.5, None], "t": ["a", None, None]}),
    ],
    ids=["records", "lists", "arrays", "frame", "arrow"],
)
def test_all_ways_in_give_the_same(data: Any) -> None:
    found = columns_from([NUMBER, TEXT, BOOLEAN], data)
    assert same(found["n"], [1.0, 2.5, float("nan")])
    assert decode(found["t"]) == ["a", None, None]
    assert same(found["b"], [float("nan")] * 3)
    assert {"n", "t"} <= set(fields_of(data))
    assert "b" not in fields_of(data)


def test_one_row_none_and_empty() -> None:
    assert same(columns_from([NUMBER], {"n": "3"})["n"], [3.0])
    assert same(columns_from([NUMBER], {"n": np.float64(3)})["n"], [3.0])
    assert same(columns_from([NUMBER], {})["n"], [float("nan")])
    assert same(columns_from([NUMBER], [])["n"], [])
    assert same(columns_from([NUMBER], np.array([(3,)], dtype=[("n", "i4")]))["n"], [3.0])


@pytest.mark.parametrize(
    ("data", "field", "row"),
    [
        ([{"n": 1}, 7], "", 1),
        ({"n": [1], "t": "a"}, "t", WHOLE),
        ({"n": [1, 2], "t": ["a"]}, "t", 1),
        (7, "", WHOLE),
        ("text", "", WHOLE),
        ({"n": np.ones((2, 2)), "t": ["a", "b"]}, "n", WHOLE),
        ({"t": np.array([["a"], ["b"]]), "n": [1, 2]}, "t", WHOLE),
    ],
)
def test_shapeless_input_is_refused(data: Any, field: str, row: int) -> None:
    with pytest.raises(BadInput) as caught:
        columns_from([NUMBER, TEXT], data)
    assert [(problem.field, problem.row) for problem in caught.value.problems] == [(field, row)]


def test_problems_of_all_columns_in_order_of_rows() -> None:
    with pytest.raises(BadInput) as caught:
        columns_from([NUMBER, BOOLEAN], [{"n": 1, "b": "x"}, {"n": "y", "b": True}])
    assert [(problem.row, problem.field) for problem in caught.value.problems] == [(0, "b"), (1, "n")]


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3)


@given(st.lists(SCALARS, max_size=6))
def test_one_row_and_a_batch_agree(values: list[Any]) -> None:
    for spec in (NUMBER, TEXT, BOOLEAN, TIME):
        try:
            batch = to_column(spec, values)
        except BadInput as bad:
            rows = [problem.row for problem in bad.problems]
            for row in rows:
                with pytest.raises(BadInput):
                    to_column(spec, [values[row]])
            continue
        for row, value in enumerate(values):
            single = to_column(spec, [value])
            if isinstance(batch, Text):
                assert decode(single) == [decode(batch)[row]]
            else:
                assert np.array_equal(single, batch[row : row + 1], equal_nan=True)
