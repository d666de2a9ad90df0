"""Data as it comes: what is mended, told or refused, and that a package reads the same values from the same text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.load import Loaded, load_table
from automl.data.quality import rows_in_both
from automl.data.settings import DataSettings
from automl.errors import AutomlError
from automl.runtime.cells import formed_number
from automl.runtime.columns import Text
from automl.runtime.files import CsvFormat, header, read_table
from automl.runtime.fingerprint import fingerprint_column
from automl.runtime.number_forms import MARKS, SIGNS, plain_number
from automl.runtime.table import BadInput
from automl.spec.model import FormatSpec
from automl.spec.quality import CHECKS

NOTHING: dict[str, Any] = {}


def load(path: Path, decimal: str | None = None, checks: dict[str, Any] = NOTHING) -> Loaded:
    return load_table([path], FormatSpec(decimal=decimal), DataSettings("y", checks=checks))


def loaded(
    folder: Path, cells: list[str], decimal: str | None = None, checks: dict[str, Any] = NOTHING
) -> tuple[Loaded, set[str]]:
    """A table with a column x of these texts; the codes of what was told. The package must read the same."""
    path = folder / "t.csv"
    path.write_text("x;y\n" + "".join(f"{cell};{row % 2}\n" for row, cell in enumerate(cells)))
    found = load(path, decimal, checks)
    again = read_table(path, [column.spec for column in found.table.columns], CsvFormat(";"))
    for column in found.table.columns:
        assert fingerprint_column(again[column.name]) == fingerprint_column(column.values)
    return found, {told.code for told in found.findings} - {"DATA020", "DATA034", "DQ006"}


def values(found: Loaded) -> list[Any]:
    column = found.table.column("x").values
    return (
        [None if code < 0 else column.levels[code] for code in column.codes]
        if isinstance(column, Text)
        else [None if np.isnan(value) else value for value in column.tolist()]
    )


@pytest.mark.parametrize(
    ("cells", "numbers", "form", "told"),
    [
        (["1,5", "-2,25", "", "3"], [1.5, -2.25, None, 3.0], "1234,5", {"DATA028", "DQ002"}),
        (["1.234,5", "7"], [1234.5, 7.0], "1.234,5", {"DATA028", "DQ002"}),
        (["1,234.5", "1,234,567"], [1234.5, 1234567.0], "1,234.5", {"DQ002"}),
        (["1 234", "-12\u00a0345"], [1234.0, -12345.0], "1 234,5", {"DQ002"}),
        (["1'234.5", "2"], [1234.5, 2.0], "1'234.5", {"DQ002"}),
        (["5%", "12.5 %"], [5.0, 12.5], "1234.5%", {"DQ003"}),
        (["$1,200.50", "-$3"], [1200.5, -3.0], "$1,234.5", {"DQ003"}),
        (["1.50", "2e3", "inf"], [1.5, 2000.0, None], None, {"DQ005"}),
    ],
)
def test_numbers_as_people_write_them(
    tmp_path: Path, cells: list[str], numbers: list[Any], form: str | None, told: set[str]
) -> None:
    found, codes = loaded(tmp_path, cells)
    assert (values(found), found.schema.column("x").number_format, codes) == (numbers, form, told)


def test_a_comma_that_may_be_either_mark_is_text_until_the_spec_or_another_column_says(tmp_path: Path) -> None:
    cells = ["1,234", "5,678"]
    found, codes = loaded(tmp_path, cells)
    assert (values(found), codes) == (cells, {"DQ007"})
    assert values(loaded(tmp_path, cells, decimal=",")[0]) == [1.234, 5.678]
    assert values(loaded(tmp_path, cells, decimal=".")[0]) == [1234.0, 5678.0]
    path = tmp_path / "two.csv"
    path.write_text("x;z;y\n1,234;0,5;0\n5,678;1,75;1\n")
    assert values(load(path)) == [1.234, 5.678]
    path.write_text("x;z;y\n1.234;0,5;0\n5.678;1,75;1\n")
    assert values(load(path)) == [1234.0, 5678.0]


@pytest.mark.parametrize(
    "text", ["1,23,456", "12,345,6", "1.2.3", ",", "$", "%5%", "5$5", "--5", "1 2", "1,234,5.6", ""]
)
def test_what_is_no_number_in_any_form(text: str) -> None:
    for form in (*MARKS, *(f"{example}%" for example in MARKS), "$1,234.5"):
        assert formed_number(text, form) is None, form


@given(
    number=st.decimals(-(10**9), 10**9, places=3),
    form=st.sampled_from(sorted(MARKS)),
    sign=st.sampled_from(("", *SIGNS)),
)
def test_a_number_written_in_a_form_reads_back(number: Any, form: str, sign: str) -> None:
    decimal, thousands = MARKS[form]
    written = f"{number:,.3f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    assert float(plain_number(sign + written, sign + form) or "nan") == float(number)
    assert float(plain_number(f"{written} {sign}", form + sign) or "nan") == float(number)


@pytest.mark.parametrize(
    ("code", "cells"),
    [
        ("DQ001", [f"{row % 40}.5" for row in range(60)] + ["oops"]),
        ("DQ002", ["1,5", "2,25"]),
        ("DQ003", ["5%", "6%"]),
        ("DQ004", ["2024-01-31", "17.02.2024", "2024-03-01"]),
    ],
)
def test_checks_say_what_is_done(tmp_path: Path, code: str, cells: list[str]) -> None:
    fixed, told = loaded(tmp_path, cells)
    assert fixed.schema.column("x").physical != "text" and code in told
    for action, severities in (("allow", []), ("warn", ["warning"])):
        found, _ = loaded(tmp_path, cells, checks={code: action})
        assert found.schema.column("x").physical == "text"
        assert [told.severity for told in found.findings if told.code == code] == severities
    with pytest.raises(AutomlError) as caught:
        loaded(tmp_path, cells, checks={code: "error"})
    assert [found.code for found in caught.value.diagnostics] == [code]


def test_strays_are_told_with_examples_and_rows(tmp_path: Path) -> None:
    found, _ = loaded(tmp_path, [*(f"{row}.5" for row in range(40)), "oops", "n. b.", "oops"])
    message = next(told.message for told in found.findings if told.code == "DQ001")
    assert "3 values ('n. b.', 'oops'; rows 41, 42, 43)" in message
    assert found.schema.column("x").missing == 3


def test_a_package_refuses_a_number_in_another_form(tmp_path: Path) -> None:
    found, _ = loaded(tmp_path, ["1,5", "2,25"])
    (tmp_path / "new.csv").write_text("x;y\n1.5;0\n")
    with pytest.raises(BadInput, match="a number such as 1234,5"):
        read_table(tmp_path / "new.csv", [found.table.column("x").spec], CsvFormat(";"))
    parquet.write_table(arrow.table({"x": [1.5]}), tmp_path / "new.parquet")
    assert read_table(tmp_path / "new.parquet", [found.table.column("x").spec])["x"].tolist() == [1.5]  # type: ignore[union-attr]


def test_repeated_rows_are_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,c,y\n1,a,0\n2,b,1\n1.0,a,0\n,a,0\n,a,0\n")
    assert [found.message for found in load(path).findings if found.code == "DQ006"] == [
        "2 of 5 rows are equal to an earlier one in every column"
    ]
    assert [found.severity for found in load(path, checks={"DQ006": "warn"}).findings if found.code == "DQ006"] == [
        "warning"
    ]
    assert "DQ006" not in {found.code for found in load(path, checks={"DQ006": "allow"}).findings}


def test_rows_of_the_test_file_in_the_training_data(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,c,y\n1,a,0\n2,b,1\n,d,0\n")
    (tmp_path / "b.csv").write_text("x,c,y\n9,b,1\n2.0,b,1\n,d,0\n,d,1\n")
    found = rows_in_both(load(tmp_path / "a.csv").table, load(tmp_path / "b.csv").table)
    assert [(told.code, told.message[:7]) for told in found] == [("DQ012", "2 of 4 ")]


def test_the_index_of_pandas_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",x,y\n0,5,0\n1,7,1\n")
    found = load(path)
    assert [column.name for column in found.table.columns] == ["x", "y"]
    assert "DATA027" in {told.code for told in found.findings}
    assert read_table(path, [found.table.column("x").spec])["x"].tolist() == [5.0, 7.0]  # type: ignore[union-attr]
    parquet.write_table(arrow.table({"__index_level_0__": [4, 2], "x": [5, 7], "y": [0, 1]}), tmp_path / "t.parquet")
    assert load(tmp_path / "t.parquet").schema == found.schema
    path.write_text(",x,y\na,5,0\nb,7,1\n")
    with pytest.raises(AutomlError) as caught:
        load(path)
    assert [told.code for told in caught.value.diagnostics] == ["DATA005"]


def test_names_are_mended_where_the_spec_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,,a,a_2,y\n1,2,3,4,0\n5,6,7,8,1\n")
    found = load(path, checks={"DATA005": "fix", "DATA006": "fix"})
    names = [column.name for column in found.table.columns]
    assert names == ["a", "column_2", "a_3", "a_2", "y"] == list(header(path))
    again = read_table(path, [column.spec for column in found.table.columns])
    assert [again[name].tolist() for name in names[:4]] == [[1, 5], [2, 6], [3, 7], [4, 8]]  # type: ignore[union-attr]


def test_every_check_has_a_default_that_it_can_do() -> None:
    for code, check in CHECKS.items():
        assert check.default == "note" or check.default in check.actions, code


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        ('{"x": 1, "y": 0}\n[1]\n', "DATA009", 2),
        ('{"x": 1, "x": 2, "y": 0}\n', "DATA009", 1),
        ('{"x": 1, "y": 0}\n\n{"x": \n', "DATA009", 3),
        ('{"x": {"a": 1}, "y": 0}\n', "DATA012", None),
        ('{"x": [1, "a"], "y": 0}\n', "DATA012", None),
        ("[" * 100_000, "DATA009", 1),
    ],
)
def test_json_lines_that_are_none(tmp_path: Path, lines: str, code: str, line: int | None) -> None:
    (tmp_path / "t.jsonl").write_text(lines)
    with pytest.raises(AutomlError) as caught:
        load(tmp_path / "t.jsonl")
    assert [(found.code, found.line) for found in caught.value.diagnostics] == [(code, line)]


def test_mixed_and_absent_values_of_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"x": 1, "y": 0, "b": true}\n{"x": "a", "y": 1}\n{"x": 1.0, "y": 0, "w": 7, "b": "no"}\n')
    found = load(path)
    assert values(found) == ["1", "a", "1"]
    again = read_table(path, [column.spec for column in found.table.columns])
    for column in found.table.columns:
        assert fingerprint_column(again[column.name]) == fingerprint_column(column.values)


@pytest.mark.parametrize("rows", [1, 2])
def test_tiny_tables_are_read(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{row},{row}\n" for row in range(rows)))
    if rows == 1:
        with pytest.raises(AutomlError) as caught:
            load(path)
        assert [found.code for found in caught.value.diagnostics] == ["DATA037"]  # a constant column teaches nothing
    else:
        assert load(path).schema.rows == 2
