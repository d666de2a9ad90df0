"""Tables in files, read in chunks of rows: csv and gzipped csv with the standard library, parquet with pyarrow."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from .cells import WHOLE
from .columns import Column, Columns, Text
from .table import BadInput, ColumnSpec, Problem, columns_from, missing_column

CHUNK = 1 << 16
LONGEST_FIELD = 1 << 30  # characters; the standard library's own limit of 131,072 would refuse what training reads
CSV_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


@dataclass(frozen=True)
class CsvFormat:
    """How the text of a csv file is laid out. An encoding of "utf-8" allows for a byte order mark."""

    delimiter: str = ","
    encoding: str = "utf-8"


def read_table(path: Path, specs: Sequence[ColumnSpec], layout: CsvFormat | None = None) -> Columns:
    """The columns of `specs` out of a csv or parquet file, all rows. Raises BadInput, OSError."""
    chunks = list(iter_table(path, specs, CHUNK, layout))
    return {spec.name: concatenate(spec, [chunk[spec.name] for chunk in chunks]) for spec in specs}


def iter_table(
    path: Path, specs: Sequence[ColumnSpec], chunk: int = CHUNK, layout: CsvFormat | None = None
) -> Iterator[Columns]:
    """The columns of `specs`, `chunk` rows at a time, by the suffix of the file. Raises BadInput, OSError.

    A column that is not in the file is one of missing values: ask `header` first where it must be there.
    """
    if path.name.lower().endswith(".parquet"):
        return iter_parquet(path, specs, chunk)
    if path.name.lower().endswith(CSV_SUFFIXES):
        return iter_csv(path, specs, chunk, layout)
    raise _refuse(path, f"a file that ends in {', '.join(CSV_SUFFIXES)} or .parquet")


def header(path: Path, layout: CsvFormat | None = None) -> tuple[str, ...]:
    """The column names of a csv or parquet file, in its order. Raises BadInput, OSError."""
    if path.name.lower().endswith(".parquet"):
        with _open_parquet(path) as file:
            return tuple(file.schema_arrow.names)
    with _csv_records(path, layout) as records:
        return tuple(_names(path, records))


def iter_csv(
    path: Path, specs: Sequence[ColumnSpec], chunk: int = CHUNK, layout: CsvFormat | None = None
) -> Iterator[Columns]:
    """The columns of `specs` out of a csv file (gzipped if it ends in .gz). Raises BadInput with rows of the file."""
    with _csv_records(path, layout) as records:
        names = _names(path, records)
        wanted = [(spec, names.index(spec.name)) for spec in specs if spec.name in names]
        start = 0
        while rows := list(islice(records, chunk)):
            _check_widths(path, rows, len(names), start)
            fields: Mapping[str, Any] = {spec.name: [row[at] for row in rows] for spec, at in wanted}
            yield _columns(specs, fields, len(rows), start)
            start += len(rows)
        if start == 0:
            yield _columns(specs, {}, 0, 0)


def iter_parquet(path: Path, specs: Sequence[ColumnSpec], chunk: int = CHUNK) -> Iterator[Columns]:
    """The columns of `specs` out of a parquet file. Raises BadInput; also where pyarrow is not installed."""
    with _open_parquet(path) as file:
        present = set(file.schema_arrow.names)
        wanted = [spec for spec in specs if spec.name in present]
        start = 0
        for batch in file.iter_batches(batch_size=chunk, columns=[spec.name for spec in wanted]):
            fields = {spec.name: arrow_values(spec, batch.column(spec.name)) for spec in wanted}
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


def _open_csv(path: Path, layout: CsvFormat) -> IO[str]:
    encoding = "utf-8-sig" if layout.encoding.lower() in ("utf-8", "utf8") else layout.encoding
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


@contextmanager
def _csv_records(path: Path, layout: CsvFormat | None) -> Iterator[Iterator[list[str]]]:
    """The records of a csv file, the header first, blank lines left out."""
    csv.field_size_limit(LONGEST_FIELD)
    separated = layout.delimiter if layout is not None else "\t" if ".tsv" in path.suffixes else ","
    with _open_csv(path, layout or CsvFormat()) as file:
        try:
            yield (record for record in csv.reader(file, delimiter=separated) if record)
        except (UnicodeError, csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _refuse(path, "a readable csv file", str(error)) from error


def _names(path: Path, records: Iterator[list[str]]) -> list[str]:
    names = next(records, None)
    if names is None:
        raise _refuse(path, "a first line with the names of the columns", "an empty file")
    return names


def _check_widths(path: Path, rows: Sequence[Sequence[str]], width: int, start: int) -> None:
    wrong = [start + number for number, row in enumerate(rows) if len(row) != width]
    if wrong:
        expected = f"{width} fields, as in the first line of {path.name}"
        raise BadInput(Problem(row, "", expected, f"{len(rows[row - start])} fields") for row in wrong)


def _open_parquet(path: Path) -> Any:
    if find_spec("pyarrow") is None:
        raise _refuse(path, "the library pyarrow, which reads parquet (pip install pyarrow)", "none installed")
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        return parquet.ParquetFile(path)
    except arrow.ArrowInvalid as error:
        raise _refuse(path, "a readable parquet file", str(error)) from error


def arrow_values(spec: ColumnSpec, values: Any) -> Any:
    """An arrow array as numpy, for `to_column`; as texts where numpy would lose digits of whole numbers."""
    import pyarrow as arrow

    types = arrow.types
    if types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if spec.physical == "text" and (types.is_integer(values.type) or types.is_time(values.type)):
        values = values.cast(arrow.string())
    return values.to_numpy(zero_copy_only=False)


def _refuse(path: Path, expected: str, found: str = "something else") -> BadInput:
    return BadInput([Problem(WHOLE, "", f"{path.name}: {expected}", found)])
