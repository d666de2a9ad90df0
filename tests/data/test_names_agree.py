"""Numbers, booleans and times that the spec wants as categories: one text for one value, from every format."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from automl.data.load import Loaded, load_table
from automl.data.settings import DataSettings
from automl.kinds import Kind
from automl.runtime.cells import ColumnSpec
from automl.runtime.columns import Text
from automl.runtime.files import read_table
from automl.runtime.table import columns_from
from automl.spec.model import ColumnSpec as ColumnOverride
from automl.spec.model import FormatSpec

ROWS = 30
MOMENT = datetime(2024, 1, 31, 12, 30, tzinfo=UTC)


def load(path: Path, kind: Kind = Kind.CATEGORICAL) -> Loaded:
    columns = {"x": ColumnOverride(kind=kind)}
    return load_table([path], FormatSpec(), DataSettings(target="y", columns=columns))


def texts(column: Any) -> list[str | None]:
    assert isinstance(column, Text)
    return [None if code < 0 else column.levels[code] for code in column.codes]


def files(folder: Path, written: list[str], stored: Any) -> tuple[Path, Path]:
    """The values of x as a csv writes them, and as parquet stores them; repeated to ROWS rows."""
    times = ROWS // len(written)
    lines = [f"{text},{row % 2},{row / 7}" for row, text in enumerate(written * times)]
    (folder / "t.csv").write_text("\n".join(["x,y,z", *lines]) + "\n")
    x = arrow.concat_arrays([stored] * times)
    y, z = [row % 2 for row in range(len(x))], [row / 7 for row in range(len(x))]
    parquet.write_table(arrow.table({"x": x, "y": y, "z": z}), folder / "t.parquet")
    return folder / "t.csv", folder / "t.parquet"


@pytest.mark.parametrize("kind", [Kind.CATEGORICAL, Kind.TEXT])
@pytest.mark.parametrize(
    ("written", "stored", "expected"),
    [
        (["true", "False", "TRUE"], arrow.array([True, False, True]), ["True", "False", "True"]),
        (["0.1", "2.50", "7"], arrow.array([0.1, 2.5, 7], arrow.float32()), ["0.1", "2.5", "7"]),
        (["1.50", "1e3", "-2", "NA"], arrow.array([1.5, 1000.0, -2.0, None]), ["1.5", "1000", "-2", None]),
        ([str(2**60 + 1), "5", "007"[2:]], arrow.array([2**60 + 1, 5, 7]), [str(2**60 + 1), "5", "7"]),
        (
            ["2024-01-31 12:30:00", "2024-01-31T14:30:00+02:00", "2024-02-01 00:00:00"],
            arrow.array([MOMENT, MOMENT, MOMENT + timedelta(hours=11.5)], arrow.timestamp("ns", "UTC")),
            ["2024-01-31T12:30:00", "2024-01-31T12:30:00", "2024-02-01"],
        ),
    ],
    ids=["booleans", "float32", "numbers", "long numbers", "times"],
)
def test_csv_and_parquet_agree(tmp_path: Path, written: list[str], stored: Any, expected: Any, kind: Kind) -> None:
    csv, stored_file = files(tmp_path, written, stored)
    first, second = load(csv, kind), load(stored_file, kind)
    assert first.schema == second.schema
    for path in (csv, stored_file):
        for found in (first, second):
            spec = found.table.column("x").spec
            assert (spec.physical, texts(read_table(path, [spec])["x"])[: len(expected)]) == ("text", expected)


def test_a_package_reads_them_from_dicts_and_json(tmp_path: Path) -> None:
    spec = ColumnSpec("x", "text", names_of="number")
    values = [1.5, "1.50", np.float32(1.5), "1e3", 1000, json.loads("0.1"), np.float32(0.1), "0.10", "?", None, "-0.0"]
    rows = [{"x": value} for value in values]
    expected = ["1.5", "1.5", "1.5", "1000", "1000", "0.1", "0.1", "0.1", "?", None, "0"]
    assert texts(columns_from([spec], rows)["x"]) == expected
    assert [texts(columns_from([spec], row)["x"])[0] for row in rows] == expected
    boolean = ColumnSpec("x", "text", names_of="boolean")
    found = columns_from([boolean], [{"x": value} for value in (True, "true", np.bool_(False), "FALSE", 1, "maybe")])
    assert texts(found["x"]) == ["True", "True", "False", "False", "True", "maybe"]
    time = ColumnSpec("x", "text", names_of="datetime", time_format="%d.%m.%Y")
    moments = ["31.01.2024", "2024-01-31", datetime(2024, 1, 31), np.datetime64("2024-01-31"), "soon"]
    assert texts(columns_from([time], {"x": moments})["x"]) == ["2024-01-31"] * 4 + ["soon"]


def test_other_texts_keep_their_form(tmp_path: Path) -> None:
    csv, _ = files(tmp_path, ["1.50", "1e3", "x"], arrow.array(["1.50", "1e3", "x"]))
    spec = load(csv).table.column("x").spec
    assert spec.names_of is None and texts(load(csv).table.column("x").values)[:3] == ["1.50", "1e3", "x"]
    csv, _ = files(tmp_path, ["01", "02", "1.50"], arrow.array(["01", "02", "1.50"]))
    assert texts(load(csv).table.column("x").values)[:3] == ["01", "02", "1.50"]
    ids = load_table([csv], FormatSpec(), DataSettings(target="y", group="x"))
    assert texts(ids.table.column("x").values)[:3] == ["01", "02", "1.50"]
