"""Files to one raw table: text as it stands (csv), or typed as it is stored (parquet). Only the layout is found out."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet

from automl.data.csv_text import Sheet, read_csv
from automl.errors import AutomlError, Diagnostic, nearest
from automl.spec.model import FormatSpec

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")


@dataclass(frozen=True)
class RawTable:
    """A table as read. `table` is an arrow table; columns of csv are all text. `format` is what was found out."""

    table: Any
    format: FormatSpec
    paths: tuple[Path, ...]
    findings: tuple[Diagnostic, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in file order."""
        return tuple(self.table.column_names)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.table.num_rows)


def read_raw(paths: Sequence[Path], format: FormatSpec) -> RawTable:
    """Read files and patterns below each other, names of a pattern sorted. Raises AutomlError: DATA001 to DATA014."""
    files = find_files(paths)
    errors: list[Diagnostic] = []
    sheets: list[Sheet] = []
    for file in files:
        try:
            sheets.append(_read_one(file, format))
        except AutomlError as wrong:
            errors.extend(wrong.diagnostics)
    for file, sheet in zip(files, sheets, strict=False):
        errors.extend(_check_columns(file, sheet, sheets[0], files[0]))
    if errors:
        raise AutomlError(errors)
    table = _stack([sheet.table for sheet in sheets])
    if table.num_rows == 0:
        raise AutomlError(_error("DATA004", files[0], "the table has no rows, only the names of its columns"))
    return RawTable(table, sheets[0].format, files, tuple(found for sheet in sheets for found in sheet.findings))


def find_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files that paths and patterns (with * ? or [) name. Raises AutomlError: DATA001, 002, 010, 013."""
    files: list[Path] = []
    errors: list[Diagnostic] = []
    if not paths:
        hint = "give data.path a file, a list or a pattern"
        errors.append(Diagnostic("error", "DATA013", "no data file is named", hint=hint))
    for path in paths:
        found = [path] if path.exists() or not glob.has_magic(str(path)) else _matches(path)
        if not found:
            hint = "a pattern is relative to the spec"
            errors.append(_error("DATA013", path, f"no file matches {path.name!r}", hint))
        for file in found:
            errors.extend(_check_file(file))
        files.extend(found)
    if errors:
        raise AutomlError(errors)
    return tuple(files)


def _matches(path: Path) -> list[Path]:
    """The files of a pattern, folders left out, sorted by name so that the order of the file system does not matter."""
    whole = path.absolute()
    pattern = whole.relative_to(whole.anchor)
    found = (file for file in Path(whole.anchor).glob(str(pattern)) if file.is_file())
    shown = (file if path.is_absolute() else Path(os.path.relpath(file)) for file in found)
    return sorted(shown, key=lambda file: file.parts)


def _check_file(file: Path) -> list[Diagnostic]:
    if file.is_dir():
        hint = "name a file, or a pattern such as 'folder/*.parquet'"
        return [_error("DATA002", file, f"{file.name!r} is a folder, a data file was expected", hint)]
    if not file.name.lower().endswith(SUFFIXES):
        return [_error("DATA010", file, f"files like {file.name!r} are not read", f"supported: {', '.join(SUFFIXES)}")]
    if not file.exists():
        beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
        hint = nearest(file.name, beside) or "paths are relative to the spec"
        return [_error("DATA001", file, f"there is no file {file.name!r}", hint)]
    return []


def _read_one(file: Path, format: FormatSpec) -> Sheet:
    try:
        if file.stat().st_size == 0:
            raise AutomlError(_error("DATA003", file, f"{file.name!r} is empty"))
        if file.name.lower().endswith(".parquet"):
            return _read_parquet(file, format)
        return read_csv(file, format)
    except OSError as error:
        reason = error.strerror or str(error)
        raise AutomlError(_error("DATA014", file, f"{file.name!r} cannot be opened: {reason}")) from error


def _read_parquet(file: Path, format: FormatSpec) -> Sheet:
    try:
        with parquet.ParquetFile(file) as stored:
            table = stored.read()
    except (arrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        message = f"{file.name!r} is no readable parquet file: {reason}"
        raise AutomlError(_error("DATA009", file, message, "write the file again, or fetch it again")) from error
    return Sheet(table, FormatSpec(missing=format.missing), ())


def _check_columns(file: Path, sheet: Sheet, first: Sheet, first_file: Path) -> list[Diagnostic]:
    """Names that are empty or double, types that hold more than a value, and columns other than the first file's."""
    names = list(sheet.table.column_names)
    found = []
    for position, name in enumerate(names):
        if not name.strip():
            message = f"column {position + 1} of {file.name!r} has no name"
            found.append(_error("DATA005", file, message, "name every column"))
        elif name in names[:position]:
            found.append(_error("DATA006", file, f"{file.name!r} has two columns named {name!r}", "rename one of them"))
        if not is_plain(sheet.table.schema.field(position).type):
            kind = sheet.table.schema.field(position).type
            hint = "unfold it into columns of single values before"
            found.append(_error("DATA012", file, f"column {name!r} of {file.name!r} holds values of type {kind}", hint))
    if sorted(names) != sorted(first.table.column_names):
        other = sorted(set(names) ^ set(first.table.column_names))
        message = f"{file.name!r} has other columns than {first_file.name!r}: {', '.join(map(repr, other[:5]))}"
        found.append(_error("DATA011", file, message, "all files of a table have the same columns"))
    return found


def is_plain(kind: Any) -> bool:
    """Whether an arrow type holds single values that have a meaning here."""
    types = arrow.types
    return not (types.is_nested(kind) or types.is_duration(kind) or types.is_interval(kind))


def _stack(tables: list[Any]) -> Any:
    """Below each other, columns in the order of the first; where types differ, as the wider type or else as text."""
    if len(tables) == 1:
        return tables[0]
    ordered = [table.select(tables[0].column_names) for table in tables]
    try:
        return arrow.concat_tables(ordered, promote_options="permissive")
    except (arrow.ArrowInvalid, arrow.ArrowTypeError, arrow.ArrowNotImplementedError):
        return arrow.concat_tables([_as_text(table) for table in ordered])


def _as_text(table: Any) -> Any:
    return table.cast(arrow.schema([(name, arrow.string()) for name in table.column_names]))


def _error(code: str, file: Path, message: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("error", code, message, file=str(file), hint=hint)
