"""The size of a table is estimated before it is read, and told or refused by the memory that is there."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pyarrow as arrow
import pyarrow.csv as arrow_csv
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import pytest

from automl.data import memory
from automl.data.load import load_table
from automl.data.memory import check_size, memory_bytes, size_text
from automl.data.read import read_raw
from automl.data.settings import DataSettings
from automl.errors import AutomlError
from automl.spec.model import FormatSpec

ROWS = 10_000
NAMES = ("t.csv", "t.csv.gz", "t.csv.zst", "t.jsonl", "t.parquet", "t.feather")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One table in several formats: 0.2 MB of csv."""
    found = tmp_path_factory.mktemp("sizes")
    table = arrow.table(
        {"x": [f"{row / 7 + 1e6:.5f}" for row in range(ROWS)], "y": [f"name {row}" for row in range(ROWS)]}
    )
    arrow_csv.write_csv(table, found / "t.csv")
    text = (found / "t.csv").read_bytes()
    (found / "t.csv.gz").write_bytes(gzip.compress(text, 1))
    (found / "t.csv.zst").write_bytes(arrow.compress(text, "zstd", asbytes=True))
    (found / "t.jsonl").write_text("".join(f'{{"x": {row}, "y": "name {row}"}}\n' for row in range(ROWS)))
    parquet.write_table(table, found / "t.parquet")
    feather.write_feather(table, found / "t.feather")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_told_or_refused_by_its_size(folder: Path, name: str) -> None:
    assert check_size([folder / name], {}, 1 << 30) == []
    with pytest.raises(AutomlError) as refused:
        check_size([folder / name], {}, 1 << 16)
    (wrong,) = refused.value.diagnostics
    assert (wrong.code, wrong.severity) == ("DATA015", "error")
    assert "0.0625 MiB" in wrong.message and wrong.hint is not None
    (told,) = check_size([folder / name], {"DATA015": "warn"}, 1 << 16)
    assert (told.code, told.severity) == ("DATA015", "warning")


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.csv.zst"])
def test_the_same_text_has_the_same_size_however_it_is_packed(folder: Path, name: str) -> None:
    room = int((folder / "t.csv").stat().st_size * memory.CSV * 2)  # half of it is needed
    (told,) = check_size([folder / name], {}, room)
    assert (told.code, told.severity) == ("DATA016", "note")
    rows, fitting = (int(found.replace(",", "")) for found in re.findall(r"about ([0-9,]+) rows", told.message))
    assert abs(rows - ROWS) <= 0.1 * ROWS and abs(fitting - 2 * ROWS) <= 0.1 * 2 * ROWS
    (both,) = check_size([folder / "t.csv", folder / name], {}, room + 10_000)
    assert f"about {2 * rows:,} rows" in both.message


@pytest.mark.parametrize(("size", "text"), [(1 << 16, "0.0625 MiB"), (1020 << 20, "1020 MiB"), (126 << 30, "126 GiB")])
def test_sizes_are_written_without_an_exponent(size: int, text: str) -> None:
    assert size_text(size) == text


def test_reading_asks_what_there_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_bytes", lambda: 1 << 21)
    found = load_table([folder / "t.csv"], FormatSpec(), DataSettings(target="y"))
    assert "DATA016" in {finding.code for finding in found.findings}
    settings = DataSettings(target="y", checks={"DATA016": "allow"})
    found = load_table([folder / "t.csv"], FormatSpec(), settings)
    assert "DATA016" not in {finding.code for finding in found.findings}
    monkeypatch.setattr(memory, "memory_bytes", lambda: 1 << 17)
    with pytest.raises(AutomlError, match="DATA015"):
        read_raw([folder / "t.csv"], FormatSpec())


def test_broken_files_are_told_where_they_are_read(tmp_path: Path) -> None:
    for name in ("t.csv.gz", "t.csv.zst", "t.parquet"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        assert check_size([tmp_path / name], {}, 1 << 10) == []


def test_the_memory_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = memory_bytes()
    assert here > 1 << 20
    (tmp_path / "memory.max").write_text("max\n")
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path)
    assert memory_bytes() > 1 << 20
    (tmp_path / "memory.max").write_text("12345678\n")
    assert memory_bytes() == 12345678
    (tmp_path / "memory.current").write_text("3000\n")
    assert memory_bytes() == 12345678 - 3000
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 1000\n")
    assert memory_bytes() == 12345678 - 2000, "files in memory make room"
    (tmp_path / "memory.current").write_text("99999999\n")
    assert memory_bytes() == 0
