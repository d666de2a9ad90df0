"""Reading files twice: with arrow for training, with the standard library in a package. Both give the same columns."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.data.codes import CODES
from automl.data.csv_text import DELIMITERS
from automl.data.load import load_table
from automl.data.physical import to_physical
from automl.data.read import read_raw
from automl.data.settings import DataSettings
from automl.errors import AutomlError
from automl.runtime.columns import Text
from automl.runtime.files import CsvFormat, header, iter_table, read_table
from automl.runtime.fingerprint import fingerprint_column
from automl.runtime.table import BadInput, ColumnSpec
from automl.spec.model import FormatSpec

ANY = FormatSpec()


def write(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def rows_of(path: Path, format: FormatSpec = ANY) -> dict[str, list[Any]]:
    return dict(read_raw([path], format).table.to_pydict())


def codes_of(*paths: Path, format: FormatSpec = ANY) -> list[str]:
    with pytest.raises(AutomlError) as caught:
        read_raw(paths, format)
    assert all(found.code in CODES for found in caught.value.diagnostics)
    return [found.code for found in caught.value.diagnostics]


def test_fields_are_texts_as_they_stand(tmp_path: Path) -> None:
    text = 'a , "b"\n1,"x, ""y""\nz"\n\n007, true\n'
    expected = {"a ": ["1", "007"], ' "b"': ['x, "y"\nz', " true"]}
    assert rows_of(write(tmp_path, text)) == expected
    assert rows_of(write(tmp_path, text, "t.csv.gz")) == expected
    assert rows_of(write(tmp_path, text.replace("\n", "\r\n").replace('y""\r\n', 'y""\n'))) == expected


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_delimiters_are_found_out_and_told(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path, f"a{delimiter}b\n1{delimiter}x y\n2{delimiter}\n")
    raw = read_raw([path], ANY)
    assert raw.table.to_pydict() == {"a": ["1", "2"], "b": ["x y", ""]}
    assert raw.format.delimiter == delimiter
    assert [found.code for found in raw.findings] == ([] if delimiter == "," else ["DATA020"])
    assert rows_of(path, FormatSpec(delimiter=delimiter)) == raw.table.to_pydict()


def test_a_comma_in_values_does_not_hide_semicolons(tmp_path: Path) -> None:
    assert list(rows_of(write(tmp_path, "a;b;c\n1,5;2;3\n1,7;2,5;3\n"))) == ["a", "b", "c"]
    assert list(rows_of(write(tmp_path, "a\tb\n1,5\t2\n", "t.tsv"))) == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    raw = read_raw([write(tmp_path, "größe,b\nä,1\n".encode(encoding))], ANY)
    assert raw.table.to_pydict() == {"größe": ["ä"], "b": ["1"]}
    told = [] if encoding.startswith("utf-8") else ["DATA021"]
    assert [found.code for found in raw.findings] == told
    found = read_table(raw.paths[0], [ColumnSpec("größe", "text")], CsvFormat(",", raw.format.encoding or ""))["größe"]
    assert isinstance(found, Text) and found.levels == ("ä",)


def test_files_below_each_other(tmp_path: Path) -> None:
    for name, text in (("p2.csv", "b,a\ny,2\n"), ("p10.csv", "a,b\n3,z\n"), ("p1.csv", "a,b\n1,x\n")):
        write(tmp_path, text, name)
    raw = read_raw([tmp_path / "p*.csv"], ANY)
    assert [path.name for path in raw.paths] == ["p1.csv", "p10.csv", "p2.csv"]
    assert raw.table.to_pydict() == {"a": ["1", "3", "2"], "b": ["x", "z", "y"]}
    write(tmp_path, "a,c\n1,2\n", "p3.csv")
    assert codes_of(tmp_path / "p*.csv") == ["DATA011"]


def test_csv_and_parquet_below_each_other(tmp_path: Path) -> None:
    parquet.write_table(arrow.table({"a": [1, 2], "b": [5, 6]}), tmp_path / "x.parquet")
    raw = read_raw([tmp_path / "x.parquet", write(tmp_path, "b,a\n7,3\n")], ANY)
    table, _ = to_physical(raw, DataSettings(target="a"))
    assert np.array_equal(table.column("a").values, [1.0, 2.0, 3.0])
    assert np.array_equal(table.column("b").values, [5.0, 6.0, 7.0])


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("t.csv", "", "DATA003"),
        ("t.csv", "\n\n", "DATA003"),
        ("t.csv.gz", "", "DATA003"),
        ("t.csv", "a,b\n", "DATA004"),
        ("t.csv", "a,,c\n1,2,3\n", "DATA005"),
        ("t.csv", "a,b,a\n1,2,3\n", "DATA006"),
        ("t.csv", b"a,b\n1,\x00\n", "DATA008"),
        ("t.parquet", "a,b\n", "DATA009"),
        ("t.xlsx", "a", "DATA010"),
    ],
)
def test_wrong_files(tmp_path: Path, name: str, content: str | bytes, code: str) -> None:
    assert codes_of(write(tmp_path, content, name)) == [code]


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    write(tmp_path, "a\n1\n", "train.csv")
    assert sorted(codes_of(tmp_path / "trian.csv", tmp_path, tmp_path / "*.parquet")) == [
        "DATA001",
        "DATA002",
        "DATA013",
    ]
    assert codes_of() == ["DATA013"]
    with pytest.raises(AutomlError, match=r"did you mean 'train\.csv'"):
        read_raw([tmp_path / "trian.csv"], ANY)


def test_damaged_and_unknown_contents(tmp_path: Path) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
    for damaged in (whole[:-20], b"a,b\n1,2\n", whole[:30] + b"\xff" + whole[31:]):
        (tmp_path / "t.csv.gz").write_bytes(damaged)
        assert codes_of(tmp_path / "t.csv.gz") == ["DATA009"]
        with pytest.raises(BadInput):
            read_table(tmp_path / "t.csv.gz", [ColumnSpec("a", "number")])
    assert codes_of(write(tmp_path, b"a\n\xff\n"), format=FormatSpec(encoding="utf-8")) == ["DATA008"]
    assert codes_of(write(tmp_path, b"a\n1\n"), format=FormatSpec(encoding="klingon")) == ["DATA008"]


def test_ragged_lines_are_named_by_line(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n"x\ny",2\n1\n\n1,2,3\n1,2\n')
    with pytest.raises(AutomlError) as caught:
        read_raw([path], ANY)
    assert [(found.code, found.line) for found in caught.value.diagnostics] == [("DATA007", 4), ("DATA007", 6)]
    with pytest.raises(BadInput) as bad:
        read_table(path, [ColumnSpec("b", "number")])
    assert [problem.row for problem in bad.value.problems] == [1, 2]
    assert codes_of(write(tmp_path, "a,b\n" + "1\n" * 9)) == ["DATA007"] * 6


def test_nested_columns_are_refused(tmp_path: Path) -> None:
    table = arrow.table({"a": [[1], [2]], "b": [{"x": 1}, {"x": 2}], "c": [1, 2]})
    parquet.write_table(table, tmp_path / "t.parquet")
    assert codes_of(tmp_path / "t.parquet") == ["DATA012", "DATA012"]


def test_chunks_rows_and_absent_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "a,t\n1,x\nNA,y\n3,x\n4,\n")
    specs = [ColumnSpec("t", "text"), ColumnSpec("a", "number"), ColumnSpec("z", "number")]
    assert header(path) == ("a", "t")
    chunks = list(iter_table(path, specs, 3))
    assert [len(chunk["a"]) for chunk in chunks] == [3, 1]
    whole = read_table(path, specs)
    assert np.array_equal(whole["a"], [1.0, np.nan, 3.0, 4.0], equal_nan=True)
    assert np.isnan(whole["z"]).all() and len(whole["z"]) == 4
    assert isinstance(whole["t"], Text) and list(whole["t"].codes) == [0, 1, 0, -1]
    with pytest.raises(BadInput) as bad:
        list(iter_table(path, [ColumnSpec("t", "number")], 2))
    assert [problem.row for problem in bad.value.problems] == [0, 1]
    later = write(tmp_path, "a\n1\n2\n3\nx\n")
    with pytest.raises(BadInput) as bad:
        list(iter_table(later, [ColumnSpec("a", "number")], 2))
    assert [problem.row for problem in bad.value.problems] == [3]
    with pytest.raises(BadInput):
        iter_table(tmp_path / "t.xlsx", specs)


def test_a_file_without_a_row_has_empty_columns(tmp_path: Path) -> None:
    found = read_table(write(tmp_path, "a,b\n"), [ColumnSpec("a", "number"), ColumnSpec("b", "text")])
    assert len(found["a"]) == len(found["b"]) == 0


CELLS = st.text(alphabet='ab1.,;" \n\té?-', max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_both_readers_see_the_same_texts(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    quoted = ['"' + cell.replace('"', '""') + '"' for row in rows for cell in row]
    lines = [",".join(quoted[i : i + 2]) for i in range(0, len(quoted), 2)]
    path = write(tmp_path, "a,b\n" + "\n".join(lines) + "\n")
    raw = read_raw([path], FormatSpec(delimiter=","))
    assert raw.table.to_pydict() == {"a": [row[0] for row in rows], "b": [row[1] for row in rows]}
    table, _ = to_physical(raw, DataSettings(target="a"))
    again = read_table(path, [column.spec for column in table.columns])
    for column in table.columns:
        assert fingerprint_column(column.values) == fingerprint_column(again[column.name])


def test_missing_texts_of_the_format(tmp_path: Path) -> None:
    path = write(tmp_path, "a,y\n-9,1\nNA,0\n3,1\n")
    loaded = load_table([path], FormatSpec(missing=("-9", "NA")), DataSettings(target="y"))
    assert loaded.schema.column("a").missing == 2
    assert loaded.schema.column("a").tokens == ("", "-9", "NA")
