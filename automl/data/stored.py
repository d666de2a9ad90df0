"""Files that say themselves what their values are, as arrow tables: parquet, arrow, feather, JSON lines."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as arrow

from automl.errors import AutomlError, Diagnostic
from automl.runtime.arrow_files import open_arrow
from automl.runtime.cells import BadInput
from automl.runtime.files import open_bytes
from automl.runtime.json_lines import BadLine, names_of, records
from automl.runtime.values import canonical_text

_ROWS = 1 << 16
_FETCH = "write the file again, or fetch it again"


def read_arrow(file: Path) -> Any:
    """A parquet, arrow or feather file. Raises AutomlError: DATA009; OSError."""
    try:
        with open_arrow(file, _ROWS) as stored:
            batches = list(stored.batches)
            if batches:
                return arrow.Table.from_batches(batches)
            return arrow.table([arrow.array([], arrow.null()) for _ in stored.names], names=list(stored.names))
    except (BadInput, OSError) as error:
        reason = error.problems[0].value if isinstance(error, BadInput) else str(error).splitlines()[0]
        message = f"{file.name!r} is no readable {file.suffix.lstrip('.').lower()} file: {reason}"
        raise AutomlError(Diagnostic("error", "DATA009", message, file=str(file), hint=_FETCH)) from error


def read_json(file: Path) -> Any:
    """JSON lines. Raises AutomlError: DATA008, DATA009; OSError where it cannot be opened."""
    try:
        with open_bytes(file) as raw:
            rows = list(records(line.decode("utf-8-sig" if at == 0 else "utf-8") for at, line in enumerate(raw)))
    except UnicodeError as error:
        message, hint = f"{file.name!r} is not UTF-8 text", "JSON is always UTF-8: save the file as that"
        raise AutomlError(Diagnostic("error", "DATA008", message, file=str(file), hint=hint)) from error
    except BadLine as bad:
        message = f"line {bad.line} of {file.name!r}: {bad.reason}"
        hint = "one object of names and values on each line"
        raise AutomlError(Diagnostic("error", "DATA009", message, file=str(file), line=bad.line, hint=hint)) from bad
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{file.name!r} is no whole gzip file: {error}"
        raise AutomlError(Diagnostic("error", "DATA009", message, file=str(file), hint=_FETCH)) from error
    names = names_of(rows)
    return arrow.table([_column(rows, name) for name in names], names=list(names))


def _column(rows: Sequence[Mapping[str, Any]], name: str) -> Any:
    """The values under a key: typed where all are of one type, nested values as they are, else their texts."""
    values = [row.get(name) for row in rows]
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float} or len(kinds) == 1:
        try:
            return arrow.array([float(v) if v is not None else v for v in values] if len(kinds) == 2 else values)
        except (arrow.ArrowException, OverflowError):
            pass  # whole numbers beyond 64 bits, lists of mixed things
    if kinds & {list, dict}:
        return arrow.array([[] for _ in values])  # refused as nested, by its name
    return arrow.array([value if isinstance(value, str) else canonical_text(value) for value in values], arrow.string())
