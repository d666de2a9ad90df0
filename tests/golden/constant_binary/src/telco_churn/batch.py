"""Files in, files out: predictions of a whole table, chunk by chunk, in the order of its rows."""

from __future__ import annotations

import csv
import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Protocol

from .door import SPECS, check_fields, check_values
from .layout import layout_of
from .model import Model, load
from .schema import CLASSES, IDS
from .scoring.cells import WHOLE
from .scoring.columns import Column, Columns, Text, row_count
from .scoring.files import header, iter_table
from .scoring.table import BadInput, ColumnSpec, Problem

CHUNK = 1 << 14  # rows
OUTPUTS = ("prediction", *(f"probability_{label}" for label in CLASSES))


def predict_file(source: Path, out: Path) -> int:
    """Predict every row of `source` into `out`, and return their number. Raises BadInput, OSError.

    The columns are the ids that the file has, then `prediction`, then one `probability_<class>` for each class.
    `out` appears whole or not at all.
    """
    if out.exists() and out.samefile(source):
        raise OSError(f"{out}: the output would replace the input")
    if not out.parent.is_dir():
        raise OSError(f"{out}: there is no folder {out.parent}")
    model, ids, rows = load(), _ids_in(source), 0
    with _replacing(out) as fresh, _open_output(fresh, out.name, (*ids, *OUTPUTS)) as output:
        for columns in read_chunks(source, ids):
            output.write([*(_texts(columns[name]) for name in ids), *_outcome(model, columns)])
            rows += row_count(columns)
    return rows


def check_file(source: Path) -> tuple[int, tuple[Problem, ...]]:
    """The rows up to the first chunk with a problem, and its problems; none where every row can be predicted."""
    rows = 0
    try:
        for columns in read_chunks(source, ()):
            rows += row_count(columns)
    except BadInput as bad:
        return rows, bad.problems
    return rows, ()


def read_chunks(source: Path, ids: tuple[str, ...]) -> Iterator[Columns]:
    """The model's columns and the id columns, chunk by chunk, past the door. Raises BadInput, OSError."""
    layout, start = layout_of(source), 0
    check_fields(header(source, layout))
    specs = (*SPECS, *(ColumnSpec(name, "text", frozenset()) for name in ids))
    for columns in iter_table(source, specs, CHUNK, layout):
        check_values(columns, start)
        start += row_count(columns)
        yield columns


def _ids_in(source: Path) -> tuple[str, ...]:
    present = header(source, layout_of(source))
    return tuple(name for name in IDS if name in present)


def _texts(column: Column) -> list[str | None]:
    assert isinstance(column, Text)
    levels = (*column.levels, None)  # the last one answers for code -1
    return [levels[code] for code in column.codes.tolist()]


def _outcome(model: Model, columns: Columns) -> list[list[Any]]:
    """The output columns."""
    output = model.evaluate(columns)
    return [model.labels(output).tolist(), *output.T.tolist()]


class _Output(Protocol):
    """A table being written, some rows at a time."""

    def write(self, columns: list[list[Any]]) -> None:
        """Add the next rows."""


class _Csv:
    """Floats are written in the shortest form that reads back equal."""

    def __init__(self, file: IO[str], names: tuple[str, ...]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(names)

    def write(self, columns: list[list[Any]]) -> None:
        self._writer.writerows(zip(*columns, strict=True))


class _Parquet:
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, columns: list[list[Any]]) -> None:
        import pyarrow

        schema = self._writer.schema
        arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


@contextmanager
def _open_output(path: Path, name: str, names: tuple[str, ...]) -> Iterator[_Output]:
    """Open `path` for the kind of file that the suffix of `name` asks for."""
    if name.endswith(".parquet"):
        import pyarrow
        import pyarrow.parquet

        numbers = names[-len(OUTPUTS) + 1 :]
        types = [(name, pyarrow.float64() if name in numbers else pyarrow.string()) for name in names]
        with pyarrow.parquet.ParquetWriter(path, pyarrow.schema(types)) as writer:
            yield _Parquet(writer)
    elif name.endswith(".csv.gz"):
        with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
            with TextIOWrapper(packed, encoding="utf-8", newline="") as file:
                yield _Csv(file, names)
    elif name.endswith(".csv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            yield _Csv(file, names)
    else:
        raise BadInput([Problem(WHOLE, "", "an output file that ends in .csv, .csv.gz or .parquet", repr(name))])


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A temporary file beside `out` that takes its place at the end, and goes if there is an error."""
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        mask = os.umask(0)
        os.umask(mask)
        fresh.chmod(0o666 & ~mask)  # mkstemp lets nobody else read
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
