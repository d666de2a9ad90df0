"""Physical types, kinds and roles of columns, and the data set made of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as arrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.dataset import make_dataset
from automl.data.kinds import build_schema
from automl.data.physical import to_physical
from automl.data.quality import judged
from automl.data.read import RawTable
from automl.data.schema import Schema
from automl.data.settings import DataSettings
from automl.errors import AutomlError
from automl.kinds import Kind
from automl.runtime.fingerprint import fingerprint_column
from automl.runtime.table import to_column
from automl.spec.model import ColumnSpec, FormatSpec

ANY = FormatSpec()
Y = DataSettings(target="y")


def raw(**columns: list[Any]) -> RawTable:
    return RawTable(arrow.table(columns), ANY, ())


def described(settings: DataSettings = Y, **columns: list[Any]) -> tuple[Schema, list[str]]:
    rows = len(next(iter(columns.values())))
    columns.setdefault("y", [str(row % 2) for row in range(rows)])
    table, told = to_physical(raw(**columns), settings)
    schema, more = build_schema(table, settings)
    return schema, [found.code for found in judged((*told, *more), settings.checks)]


def one(values: list[Any], **overrides: Any) -> Any:
    """The ColumnInfo of a single feature, beside a second one that keeps the table legal."""
    settings = DataSettings(target="y", columns={"x": ColumnSpec(**overrides)})
    return described(settings, x=values, z=[f"{row % 3}" for row in range(len(values))])[0].column("x")


def refused(settings: DataSettings, **columns: list[Any]) -> list[str]:
    with pytest.raises(AutomlError) as caught:
        described(settings, **columns)
    return [found.code for found in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("values", "physical", "kind"),
    [
        (["1.5", "", "NA", "2e3"], "number", Kind.NUMERIC),
        (["1", "2", "3.0", ""], "number", Kind.INTEGER),
        (["1", "0", "0.0", "1"], "number", Kind.BOOLEAN),
        (["1", "2", "2", "1"], "number", Kind.NUMERIC),
        (["1", "0123", "7"], "text", Kind.CATEGORICAL),
        (["True", "false", "TRUE", ""], "boolean", Kind.BOOLEAN),
        (["yes", "no"], "text", Kind.CATEGORICAL),
        (["2024-01-31", "2024-02-01 10:00:00"], "datetime", Kind.DATETIME),
        (["31.01.2024", "01.02.2024"], "datetime", Kind.DATETIME),
        (["1/31/2024", "12/01/2024"], "datetime", Kind.DATETIME),
        (["2024-01-31", "soon"], "text", Kind.CATEGORICAL),
        ([1, 2, 2**62], "number", Kind.INTEGER),
        ([1.5, float("nan"), None, 2.0], "number", Kind.NUMERIC),
        ([True, None, False], "boolean", Kind.BOOLEAN),
        ([date(2024, 1, 31), None], "datetime", Kind.DATETIME),
        ([datetime(2024, 1, 31), None], "datetime", Kind.DATETIME),
        ([b"1", b"2.5"], "number", Kind.NUMERIC),
        ([f"row {row} says something else {row}" for row in range(60)], "text", Kind.TEXT),
        ([f"c{row % 55}" for row in range(90)], "text", Kind.CATEGORICAL),
    ],
)
def test_kinds(values: list[Any], physical: str, kind: Kind) -> None:
    info = one(values)
    assert (info.physical, info.kind) == (physical, kind)


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (["a"] * 4, "dropped"),
        (["a", "a", "", "a"], "feature"),
        (["", "NA"] * 2, "dropped"),
        ([None] * 4, "dropped"),
        ([f"id-{row}" for row in range(30)], "dropped"),
        ([f"id-{row}" for row in range(9)], "feature"),
        ([f"{row}" for row in range(30)], "dropped"),
        ([f"{row * 7}" for row in range(30)], "feature"),
        ([f"{row + 0.5}" for row in range(30)], "dropped"),
        (["a", "b"] * 15, "feature"),
    ],
)
def test_columns_that_say_nothing_are_dropped(values: list[Any], role: str) -> None:
    info = one(values)
    assert info.role == role
    assert role == "feature" or info.reason


@pytest.mark.parametrize("name", ["id", "row_id", "customerID", "PassengerId", "IDpol", "house.id"])
def test_identifiers_by_name(name: str) -> None:
    values = [str(row * row % 10007) for row in range(40)]
    assert described(**{name: values, "z": ["a", "b"] * 20})[0].column(name).role == "dropped"
    other = name.replace("ID", "Ide").replace("Id", "Ide").replace("id", "ide") + "al"
    assert described(**{other: values, "z": ["a", "b"] * 20})[0].column(other).role == "feature"


def test_an_override_keeps_what_looks_like_an_identifier() -> None:
    values = [str(row) for row in range(30)]
    assert one(values).role == "dropped"
    assert one(values, kind=Kind.NUMERIC).role == "feature"
    info = one(values, kind=Kind.CATEGORICAL)
    assert (info.physical, info.kind, info.role) == ("text", Kind.CATEGORICAL, "feature")


def test_placeholders_among_numbers_are_missing_and_told() -> None:
    schema, codes = described(x=["1", "?", "2.5", "1"], c=["a", "?", "b", "a"], d=["2024-01-01", "-", "2024-01-02", ""])
    x, c = schema.column("x"), schema.column("c")
    assert (x.physical, x.missing, "?" in x.tokens) == ("number", 1, True)
    assert (c.physical, c.missing, "?" in c.tokens) == ("text", 0, False)
    assert schema.column("d").physical == "datetime"
    assert codes.count("DATA022") == 2


def test_numbers_by_order_with_strays() -> None:
    values = ["1.5", "2", "abc", "2", "x", "4", "5", "6"]
    settings = DataSettings(target="y", columns={"x": ColumnSpec(kind=Kind.NUMERIC)})
    schema, codes = described(settings, x=values)
    info = schema.column("x")
    assert (info.physical, info.missing, codes) == ("number", 2, ["DATA023"])
    assert {"abc", "x"} <= set(info.tokens)
    assert refused(settings, x=["a", "b", "1"]) == ["DATA024"]


def test_one_late_text_makes_texts() -> None:
    numbers = [str(row % 9) for row in range(400)]
    for late in ("nan(1)", "x"):  # arrow reads nan(1) as a number
        assert one([*numbers, late]).physical == "text"
    assert one([*numbers, "inf"]).missing == 1


def test_few_strays_are_missing_unless_the_spec_wants_them_to_stand() -> None:
    values = [str(row * 1.5) for row in range(40)] + ["abc"] * 2
    schema, codes = described(x=values)
    assert (schema.column("x").physical, schema.column("x").missing, codes) == ("number", 2, ["DQ001"])
    for wanted, told in (("warn", ["DQ001"]), ("allow", [])):
        schema, codes = described(DataSettings(target="y", checks={"DQ001": wanted}), x=values)
        assert (schema.column("x").physical, codes) == ("text", told)
    assert refused(DataSettings(target="y", checks={"DQ001": "error"}), x=values) == ["DQ001"]
    schema, codes = described(DataSettings(target="x"), x=values)  # texts of a target may be labels
    assert (schema.column("x").physical, codes) == ("text", ["DQ001"])


def test_missing_texts_per_column() -> None:
    assert one(["1", "-9", "3", "-9.0"], missing=("-9",)).missing == 2
    assert one([1, -9, 3, None], missing=("-9",)).missing == 2
    assert one(["a", "-9.0", "b", "a"], missing=("-9",)).missing == 1
    assert one(["a", " b ", "NA", " "], missing=("b",)).missing == 2  # "NA" is a category then; empty is always missing


def test_ambiguous_dates_are_told() -> None:
    schema, codes = described(x=["01/02/2024", "03/04/2024"])
    assert schema.column("x").time_format == "%m/%d/%Y"
    assert "DATA025" in codes


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.DATETIME, ["a", "b"]),
        (Kind.DATETIME, [1.5, 2.5]),
        (Kind.BOOLEAN, ["yes", "no"]),
        (Kind.BOOLEAN, [1, 2]),
        (Kind.NUMERIC, [date(2024, 1, 1), date(2024, 1, 2)]),
    ],
)
def test_impossible_overrides(kind: Kind, values: list[Any]) -> None:
    assert refused(DataSettings(target="y", columns={"x": ColumnSpec(kind=kind)}), x=values) == ["DATA024"]


def test_possible_overrides() -> None:
    assert one(["20240131", "20240201"], kind=Kind.DATETIME).physical == "datetime"
    assert one([20240131, 20240201], kind=Kind.DATETIME).physical == "datetime"
    assert one(["1", "0"], kind=Kind.BOOLEAN).physical == "boolean"
    assert one([True, False], kind=Kind.NUMERIC).physical == "boolean"
    assert one([1.0, 2.5], kind=Kind.CATEGORICAL).physical == "text"
    assert one([None, None], kind=Kind.DATETIME).physical == "datetime"
    assert one(["", ""], kind=Kind.BOOLEAN).physical == "boolean"


def test_wrong_roles_are_all_told() -> None:
    settings = DataSettings(target="Y", id=("w",), columns={"ex": ColumnSpec()})
    with pytest.raises(AutomlError, match="did you mean 'x'") as caught:
        described(settings, x=["1", "2"])
    assert [found.code for found in caught.value.diagnostics] == ["DATA030"] * 3
    assert refused(DataSettings(target="y", ignore=("y",)), x=["1", "2"]) == ["DATA031"]
    assert refused(Y, x=["1", "2"], y=["", "NA"]) == ["DATA032"]
    assert refused(DataSettings(target="y", time="x"), x=["a", "b"]) == ["DATA036"]
    assert refused(DataSettings(target="y", time="x"), x=["1", "2", ""]) == ["DATA036"]
    assert refused(DataSettings(target="y", id=("x",)), x=["1", "2"]) == ["DATA037"]


def test_rows_without_a_target_do_not_count() -> None:
    schema, codes = described(x=["1", "2", "", "9"], z=["a", "b", "c", "d"], y=["u", "v", "u", ""])
    assert (schema.rows, schema.rows_without_target) == (3, 1)
    assert (schema.column("x").missing, schema.column("x").distinct) == (1, 2)
    assert [(c.label, c.rows) for c in schema.classes] == [("u", 2), ("v", 1)]
    assert codes == ["DATA033"]


def test_target_labels() -> None:
    for values in (["True", "False"], [True, False]):
        schema, _ = described(x=["1", "2"], y=values)
        assert [c.label for c in schema.classes] == ["False", "True"]
    for numbers in (["1.0", "-1"], [1, -1], [1.0, -1.0]):
        assert [c.label for c in described(x=["1", "2"], y=numbers)[0].classes] == ["-1", "1"]
    many = [f"{row}.5" for row in range(1200)]
    assert described(x=["a", "b"] * 600, y=many)[0].classes == ()


def test_datasets_leave_out_rows_without_a_target() -> None:
    table, _ = to_physical(raw(x=["1", "2", "3"], y=["a", "", "b"]), Y)
    schema, _ = build_schema(table, Y)
    data = make_dataset(table, schema, "binary", ("a", "b"))
    assert list(data.columns["x"]) == [1.0, 3.0]  # type: ignore[call-overload]
    assert list(data.target) == [0, 1]
    with pytest.raises(AutomlError, match="DATA038"):
        make_dataset(table, schema, "regression")
    with pytest.raises(AutomlError, match="DATA039"):
        make_dataset(table, schema, "binary", ("a", "c"))


def test_groups_do_not_depend_on_the_dictionary() -> None:
    settings = DataSettings(target="y", group="g")
    table, _ = to_physical(raw(g=["b", "", "a", "b"], x=["1", "2", "3", "1"], y=["u", "v", "u", "v"]), settings)
    context = make_dataset(table, build_schema(table, settings)[0], "binary", ("u", "v")).context
    assert context.groups is not None and list(context.groups) == [2, 0, 1, 2]


def test_regression_targets() -> None:
    table, _ = to_physical(raw(x=["1", "2", "3"], y=["1.5", "2", "inf"]), Y)
    data = make_dataset(table, build_schema(table, Y)[0], "regression")
    assert data.target.dtype == np.float64 and list(data.target) == [1.5, 2.0]
    assert data.classes == () and data.context.strata is None


ODD = st.text(alphabet="0123456789.-+eE trufalsNA/:?", max_size=10) | st.sampled_from(
    ["2024-01-02", "true", "1.0", "?"]
)


@given(st.lists(ODD, min_size=1, max_size=8))
def test_what_was_inferred_reads_the_same_values_again(values: list[str]) -> None:
    table, _ = to_physical(raw(x=values, y=["1"] * len(values)), Y)
    column = table.column("x")
    again = to_column(column.spec, values)
    assert fingerprint_column(again) == fingerprint_column(column.values)
