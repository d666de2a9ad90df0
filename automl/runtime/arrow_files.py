"""What needs pyarrow: parquet, arrow and feather files in batches of rows, and texts packed with zstd."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, cast

from .cells import WHOLE, BadInput, ColumnSpec, Problem

ARROW_SUFFIXES = (".parquet", ".arrow", ".feather")


@dataclass(frozen=True)
class ArrowFile:
    """The column names of a file as they stand in it, and its rows in record batches."""

    names: tuple[str, ...]
    batches: Iterator[Any]


@contextmanager
def open_arrow(path: Path, chunk: int, columns: Collection[str] | None = None) -> Iterator[ArrowFile]:
    """A parquet, arrow or feather file. Raises BadInput (also where pyarrow is not installed), OSError.

    An arrow file may be a file or a stream of the IPC format (feather is the former). Batches of parquet have at most
    `chunk` rows and of the columns at least `columns`; those of the others are as they were written.
    """
    kind = path.suffix.lstrip(".").lower()
    need_pyarrow(path, kind)
    import pyarrow as arrow

    try:
        with _parquet(path, chunk, columns) if kind == "parquet" else _ipc(path) as found:
            yield found
    except arrow.ArrowException as error:
        raise refuse(path, f"a readable {kind} file", str(error).splitlines()[0]) from error


@contextmanager
def _parquet(path: Path, chunk: int, columns: Collection[str] | None) -> Iterator[ArrowFile]:
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(path) as file:
        names = tuple(file.schema_arrow.names)
        few = columns is not None and len(set(names)) == len(names)
        wanted = [name for name in names if columns is not None and name in columns] if few else None
        yield ArrowFile(names, file.iter_batches(batch_size=chunk, columns=wanted))


@contextmanager
def _ipc(path: Path) -> Iterator[ArrowFile]:
    import pyarrow as arrow

    with arrow.OSFile(str(path)) as source:
        stored = source.read(6) == b"ARROW1"
        source.seek(0)
        if stored:
            with arrow.ipc.open_file(source) as file:
                batches = (file.get_batch(number) for number in range(file.num_record_batches))
                yield ArrowFile(tuple(file.schema.names), batches)
        else:
            with arrow.ipc.open_stream(source) as stream:
                yield ArrowFile(tuple(stream.schema.names), iter(stream))


def open_zstd(path: Path) -> BufferedReader:
    """The unpacked bytes of a zstd file. Raises BadInput where pyarrow is not installed."""
    need_pyarrow(path, "zst")
    import pyarrow as arrow

    # pyarrow's streams can fill a buffer, but do not know lines
    return BufferedReader(cast(RawIOBase, arrow.input_stream(str(path), compression="zstd")), 1 << 20)


def arrow_values(spec: ColumnSpec, values: Any) -> Any:
    """An arrow array as numpy, for `to_column`; as texts where numpy would lose digits of whole numbers."""
    import pyarrow as arrow

    types = arrow.types
    if types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if spec.physical == "text" and (types.is_integer(values.type) or types.is_time(values.type)):
        values = values.cast(arrow.string())
    return values.to_numpy(zero_copy_only=False)


def need_pyarrow(path: Path, what: str) -> None:
    """Raise BadInput where pyarrow is not installed."""
    if find_spec("pyarrow") is None:
        raise refuse(path, f"the library pyarrow, which reads {what} (pip install pyarrow)", "none installed")


def refuse(path: Path, expected: str, found: str = "something else") -> BadInput:
    """The error for a file as a whole."""
    return BadInput([Problem(WHOLE, "", f"{path.name}: {expected}", found)])
