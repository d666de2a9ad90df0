"""Tables in files, read in chunks of rows: csv and JSON lines with the standard library, the rest with pyarrow."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from .arrow_files import ARROW_SUFFIXES, arrow_values, open_arrow, open_zstd, refuse
from .cells import WHOLE
from .columns import Column, Columns, Text
from .field_names import field_names
from .json_lines import BadLine, names_of, records
from .table import BadInput, ColumnSpec, Problem, columns_from, missing_column

CHUNK = 1 << 16
LONGEST_FIELD = 1 << 30  # characters; the standard library's own limit of 131,072 would refuse what training reads
PACKED = ("", ".gz", ".zst")
CSV_SUFFIXES = tuple(kind + packed for kind in (".csv", ".tsv") for packed in PACKED)
JSON_SUFFIXES = tuple(kind + packed for kind in (".jsonl", ".ndjson") for packed in PACKED)
SUFFIXES = (*CSV_SUFFIXES, *JSON_SUFFIXES, *ARROW_SUFFIXES)


@dataclass(frozen=True)
class CsvFormat:
    """How the text of a csv file is laid out. An encoding of "utf-8" allows for a byte order mark."""

    delimiter: str = ","
    encoding: str = "utf-8"


def read_table(path: Path, specs: Sequence[ColumnSpec], layout: CsvFormat | None = None) -> Columns:
    """The columns of `specs` out of a file, all rows. Raises BadInput, OSError."""
    chunks = list(iter_table(path, specs, CHUNK, layout))
    return {spec.name: concatenate(spec, [chunk[spec.name] for chunk in chunks]) for spec in specs}


def iter_table(
    path: Path, specs: Sequence[ColumnSpec], chunk: int = CHUNK, layout: CsvFormat | None = None
) -> Iterator[Columns]:
    """The columns of `specs`, `chunk` rows at a time, by the suffix of the file. Raises BadInput, OSError.

    A column that is not in the file is one of missing values: ask `header` first where it must be there.
    """
    name = path.name.lower()
    if name.endswith(ARROW_SUFFIXES):
        return iter_arrow(path, specs, chunk)
    if name.endswith(JSON_SUFFIXES):
        return iter_json(path, specs, chunk)
    if name.endswith(CSV_SUFFIXES):
        return iter_csv(path, specs, chunk, layout)
    raise refuse(path, f"a file that ends in {', '.join(SUFFIXES)}")


def header(path: Path, layout: CsvFormat | None = None) -> tuple[str, ...]:
    """The column names of a file, in its order; of JSON lines, all keys. Raises BadInput, OSError."""
    name = path.name.lower()
    if name.endswith(ARROW_SUFFIXES):
        with open_arrow(path, 1) as file:
            return field_names(file.names)
    if name.endswith(JSON_SUFFIXES):
        with _json_records(path) as rows:
            return names_of(rows)
    with _csv_records(path, layout) as lines:
        return _names(path, lines)


def iter_csv(
    path: Path, specs: Sequence[ColumnSpec], chunk: int = CHUNK, layout: CsvFormat | None = None
) -> Iterator[Columns]:
    """The columns of `specs` out of a csv file. Raises BadInput with rows of the file."""
    with _csv_records(path, layout) as lines:
        names = _names(path, lines)
        wanted = [(spec, names.index(spec.name)) for spec in specs if spec.name in names]
        start = 0
        for first in lines:
            rows = [first, *islice(lines, chunk - 1)]
            _check_widths(path, rows, len(names), start)
            fields: Mapping[str, Any] = {spec.name: [row[at] for row in rows] for spec, at in wanted}
            yield _columns(specs, fields, len(rows), start)
            start += len(rows)
        if start == 0:
            yield _columns(specs, {}, 0, 0)


def iter_json(path: Path, specs: Sequence[ColumnSpec], chunk: int = CHUNK) -> Iterator[Columns]:
    """The columns of `specs` out of JSON lines; a key that an object lacks is a missing value. Raises BadInput."""
    with _json_records(path) as found:
        start = 0
        for first in chain(found, [None]):
            rows = [] if first is None else [first, *islice(found, chunk - 1)]
            if rows or start == 0:
                fields = {spec.name: [row.get(spec.name) for row in rows] for spec in specs}
                yield _columns(specs, fields, len(rows), start)
            start += len(rows)


def iter_arrow(path: Path, specs: Sequence[ColumnSpec], chunk: int = CHUNK) -> Iterator[Columns]:
    """The columns of `specs` out of a parquet, arrow or feather file. Raises BadInput."""
    with open_arrow(path, chunk, {spec.name for spec in specs}) as file:
        renamed = field_names(file.names)
        start = 0
        for batch in file.batches:
            names = batch.schema.names if len(set(file.names)) == len(file.names) else renamed
            present = {name: batch.column(at) for at, name in enumerate(names)}
            fields = {spec.name: arrow_values(spec, present[spec.name]) for spec in specs if spec.name in present}
            yield _columns(specs, fields, batch.num_rows, start)
            start += batch.num_rows
        if start == 0:
            yield _columns(specs, {}, 0, 0)


def concatenate(spec: ColumnSpec, parts: Sequence[Column]) -> Column:
    """The parts of a column below each other."""
    if not parts:
        return missing_column(spec, 0)
    if spec.physical != "text":
        return np.concatenate([part for part in parts if not isinstance(part, Text)])
    levels: dict[str, int] = {}
    codes = []
    for part in parts:
        assert isinstance(part, Text)
        table = np.array([levels.setdefault(level, len(levels)) for level in part.levels] + [-1], dtype=np.int32)
        codes.append(table[part.codes])
    return Text(np.concatenate(codes), tuple(levels))


def _columns(specs: Sequence[ColumnSpec], fields: Mapping[str, Any], rows: int, start: int) -> Columns:
    """`columns_from`, with the problems' rows counted from the start of the file."""
    present = [spec for spec in specs if spec.name in fields]
    try:
        found = columns_from(present, fields) if present else {}
    except BadInput as bad:
        shifted = (
            Problem(p.row if p.row == WHOLE else p.row + start, p.field, p.expected, p.value) for p in bad.problems
        )
        raise BadInput(shifted) from None
    return {spec.name: found[spec.name] if spec.name in found else missing_column(spec, rows) for spec in specs}


def open_bytes(path: Path) -> gzip.GzipFile | BufferedReader:
    """A file to be read, unpacked where its name ends in .gz or .zst. Raises BadInput, OSError."""
    name = path.name.lower()
    if name.endswith(".zst"):
        return open_zstd(path)
    return gzip.open(path) if name.endswith(".gz") else path.open("rb")


@contextmanager
def _open_text(path: Path, encoding: str) -> Iterator[IO[str]]:
    exact = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    with open_bytes(path) as raw, TextIOWrapper(raw, encoding=exact, newline="") as file:
        yield file


@contextmanager
def _csv_records(path: Path, layout: CsvFormat | None) -> Iterator[Iterator[list[str]]]:
    """The records of a csv file, the header first, blank lines left out."""
    csv.field_size_limit(LONGEST_FIELD)
    separated = layout.delimiter if layout is not None else "\t" if ".tsv" in path.suffixes else ","
    try:
        with _open_text(path, (layout or CsvFormat()).encoding) as file:
            yield (record for record in csv.reader(file, delimiter=separated) if record)
    except (UnicodeError, csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refuse(path, "a readable csv file", str(error)) from error


@contextmanager
def _json_records(path: Path) -> Iterator[Iterator[Mapping[str, Any]]]:
    try:
        with _open_text(path, "utf-8") as file:
            yield records(file)
    except (BadLine, UnicodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise refuse(path, "readable JSON lines", str(error)) from error


def _names(path: Path, lines: Iterator[list[str]]) -> tuple[str, ...]:
    names = next(lines, None)
    if names is None:
        raise refuse(path, "a first line with the names of the columns", "an empty file")
    return field_names(names)


def _check_widths(path: Path, rows: Sequence[Sequence[str]], width: int, start: int) -> None:
    wrong = [start + number for number, row in enumerate(rows) if len(row) != width]
    if wrong:
        expected = f"{width} fields, as in the first line of {path.name}"
        raise BadInput(Problem(row, "", expected, f"{len(rows[row - start])} fields") for row in wrong)
