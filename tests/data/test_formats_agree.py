"""The same schema, values, fingerprints and data set from every format of one table, and in a package."""

from __future__ import annotations

import json
import os
import pickle
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.csv as arrow_csv
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import pytest

from automl.data.dataset import make_dataset
from automl.data.load import Loaded, load_table
from automl.data.settings import DataSettings
from automl.kinds import Kind
from automl.runtime.columns import Text
from automl.runtime.files import read_table
from automl.runtime.fingerprint import ColumnHash, fingerprint_column
from automl.spec.model import FormatSpec

ANY = FormatSpec()
Y = DataSettings(target="y")


@pytest.fixture
def written(tmp_path: Path) -> dict[str, Path]:
    """One table in every format."""
    rows = 300
    table = arrow.table(
        {
            "whole": arrow.array([None if row % 11 == 0 else row % 7 for row in range(rows)]),
            "real": [row / 7 for row in range(rows)],
            "big": [2**60 + row for row in range(rows)],
            "flag": [row % 3 == 0 for row in range(rows)],
            "day": [date(2020, 1, 1 + row % 28) for row in range(rows)],
            "moment": arrow.array([datetime(2020, 1, 1, row % 24, 5) for row in range(rows)], arrow.timestamp("us")),
            "name": arrow.array([f"n{row % 40}" if row % 9 else None for row in range(rows)]).dictionary_encode(),
            "digits": [f"{row}.50" for row in range(rows)],
            "zip": [f"0{row}" for row in range(rows)],
            "y": [row % 2 for row in range(rows)],
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=77)
    plain = table.set_column(6, "name", table["name"].cast(arrow.string()))
    arrow_csv.write_csv(plain, tmp_path / "t.csv")
    for suffix, codec in (("csv.gz", "gzip"), ("csv.zst", "zstd")):
        with arrow.CompressedOutputStream(str(tmp_path / f"t.{suffix}"), codec) as stream:
            arrow_csv.write_csv(plain, stream)
    arrow_csv.write_csv(plain, tmp_path / "t.tsv", arrow_csv.WriteOptions(delimiter="\t"))
    with arrow.ipc.new_stream(tmp_path / "t.arrow", table.schema) as stream:
        stream.write_table(table, max_chunksize=77)
    feather.write_feather(table, tmp_path / "t.feather")
    lines = "".join(json.dumps(row, default=str) + "\n" for row in plain.to_pylist())
    (tmp_path / "t.jsonl").write_text(lines)
    with arrow.CompressedOutputStream(str(tmp_path / "t.ndjson.zst"), "zstd") as stream:
        stream.write(lines.encode())
    return {file.name.removeprefix("t."): file for file in sorted(tmp_path.iterdir())}


CUT = DataSettings(target="y", id=("big",), group="name", time="moment")


def load(path: Path, settings: DataSettings = CUT) -> Loaded:
    return load_table([path], ANY, settings)


@pytest.mark.parametrize("settings", [CUT, Y, DataSettings(target="real"), DataSettings(target="day")])
def test_the_schema_does_not_depend_on_the_format(written: dict[str, Path], settings: DataSettings) -> None:
    first, *others = (load(path, settings).schema for path in written.values())
    for other in others:
        assert other == first
    assert first.fingerprint.startswith("sha256:")


def test_the_package_reads_what_training_read(written: dict[str, Path]) -> None:
    for path in written.values():
        table = load(path).table
        again = read_table(path, [column.spec for column in table.columns])
        for column in table.columns:
            assert fingerprint_column(again[column.name]) == fingerprint_column(column.values), column.name


def test_fingerprints_see_values_rows_and_names(written: dict[str, Path]) -> None:
    table = load(written["csv"]).table
    prints = {fingerprint_column(column.values) for column in table.columns}
    assert len(prints) == len(table.columns)
    real = table.column("real").values
    assert isinstance(real, np.ndarray)
    assert fingerprint_column(real[::-1]) != fingerprint_column(real)
    assert fingerprint_column(np.array([0.0, np.nan])) == fingerprint_column(np.array([-0.0, -np.nan]))
    name = table.column("name").values
    assert isinstance(name, Text)
    parts = ColumnHash()
    for piece in (slice(0, 100), slice(100, 300)):
        levels = tuple(reversed(name.levels))  # another dictionary of the same texts
        codes = np.where(name.codes < 0, -1, len(levels) - 1 - name.codes).astype(np.int32)
        parts.update(Text(codes[piece], levels))
    assert parts.hexdigest() == fingerprint_column(name)


def test_datasets(written: dict[str, Path]) -> None:
    loaded = load(written["csv"])
    data = make_dataset(loaded.table, loaded.schema, "binary", ("1", "0"))
    assert list(data.columns) == ["whole", "real", "flag", "day", "moment", "zip"][:5]
    assert list(data.ids) == ["big"]
    assert isinstance(data.ids["big"], Text) and data.ids["big"].levels[data.ids["big"].codes[1]] == str(2**60 + 1)
    assert data.target.dtype == np.int64 and list(data.target[:4]) == [1, 0, 1, 0]
    assert data.context.strata is not None and np.array_equal(data.context.strata, data.target)
    assert data.context.groups is not None and data.context.order is not None
    assert len(np.unique(data.context.groups)) == 41  # 40 names, and the rows without one
    assert data.rows == 300 and data.nbytes > 300 * 8 * 5


def test_datasets_pickle_without_a_copy(written: dict[str, Path]) -> None:
    loaded = load(written["parquet"])
    data = make_dataset(loaded.table, loaded.schema, "binary", ("0", "1"))
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(data, protocol=5, buffer_callback=buffers.append)
    assert sum(len(buffer.raw()) for buffer in buffers) >= 300 * 8 * 7
    again = pickle.loads(body, buffers=buffers)
    assert np.array_equal(again.target, data.target) and again.classes == data.classes
    assert [fingerprint_column(c) for c in again.columns.values()] == [
        fingerprint_column(c) for c in data.columns.values()
    ]


DATA = Path(os.environ.get("AUTOML_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.skipif(not (DATA / "telco_churn.csv.gz").is_file(), reason="no data in $AUTOML_DATA or ../shared/data")
@pytest.mark.parametrize(
    ("name", "target", "column", "kind"),
    [
        ("telco_churn", "Churn", "TotalCharges", Kind.NUMERIC),
        ("bike_sharing", "cnt", "dteday", Kind.DATETIME),
        ("house_sales", "price", "date", Kind.DATETIME),
        ("clothing_reviews", "Rating", "Review Text", Kind.TEXT),
        ("car_evaluation", "class", "doors", Kind.CATEGORICAL),
    ],
)
def test_real_tables(name: str, target: str, column: str, kind: Kind) -> None:
    loaded = load(DATA / f"{name}.csv.gz", DataSettings(target=target))
    assert loaded.schema.column(column).kind == kind
    again = read_table(DATA / f"{name}.csv.gz", [c.spec for c in loaded.table.columns])
    for info in loaded.schema.columns:
        assert fingerprint_column(again[info.name]) == info.fingerprint
