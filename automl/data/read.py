"""Files to one raw table: text as it stands (csv), or typed as it is stored (others). Only the layout is found out."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as arrow

from automl.data.csv_text import Sheet, read_csv
from automl.data.memory import check_size
from automl.data.naming import name_columns
from automl.data.stored import read_arrow, read_json
from automl.errors import AutomlError, Diagnostic, nearest
from automl.runtime.arrow_files import ARROW_SUFFIXES
from automl.runtime.files import JSON_SUFFIXES, SUFFIXES
from automl.spec.model import FormatSpec
from automl.spec.quality import Checks

_LARGE = 1 << 24  # bytes; what arrow keeps for itself of a smaller column does not matter


@dataclass
class RawTable:
    """A table as read. `table` is an arrow table; columns of csv are all text. `format` is what was found out.

    With `once`, each column is let go when it is taken, and `table` is None from then on: a large table is not kept
    as text beside its values.
    """

    table: Any
    format: FormatSpec
    paths: tuple[Path, ...]
    findings: tuple[Diagnostic, ...] = ()
    once: bool = False

    def __post_init__(self) -> None:
        self.names: tuple[str, ...] = tuple(self.table.column_names)  # in file order
        self.rows = int(self.table.num_rows)

    def take(self) -> Iterator[tuple[str, Any]]:
        """Every column with its name, as one arrow array."""
        columns = list(self.table.columns)[::-1]
        if self.once:
            self.table = None
        for name in self.names:
            array = columns.pop()
            # A copy: so the blocks of a column that is let go are let go too.
            array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
            large = array.nbytes > _LARGE
            yield name, array
            if large:
                del array
                arrow.default_memory_pool().release_unused()


def read_raw(paths: Sequence[Path], format: FormatSpec, checks: Checks | None = None) -> RawTable:
    """Read files and patterns below each other, names of a pattern sorted. Raises AutomlError: DATA001 to DATA015."""
    files = find_files(paths)
    try:
        told = check_size(files, checks or {})
    except OSError:
        told = []  # told below, where the file is opened
    errors: list[Diagnostic] = []
    sheets: list[Sheet] = []
    for file in files:
        try:
            sheets.append(_read_one(file, format, checks or {}))
        except AutomlError as wrong:
            errors.extend(wrong.diagnostics)
    findings = [*told, *(found for sheet in sheets for found in sheet.findings)]
    errors.extend(found for found in findings if found.severity == "error")
    for file, sheet in zip(files, sheets, strict=False):
        errors.extend(_check_columns(file, sheet, sheets[0], files[0]))
    if errors:
        raise AutomlError(errors)
    table = _stack([sheet.table for sheet in sheets])
    if table.num_rows == 0:
        raise AutomlError(_error("DATA004", files[0], "the table has no rows, only the names of its columns"))
    return RawTable(table, sheets[0].format, files, tuple(findings), once=True)


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


def _read_one(file: Path, format: FormatSpec, checks: Checks) -> Sheet:
    try:
        if file.stat().st_size == 0:
            raise AutomlError(_error("DATA003", file, f"{file.name!r} is empty"))
        sheet = _read_by_suffix(file, format)
    except OSError as error:
        reason = error.strerror or str(error)
        raise AutomlError(_error("DATA014", file, f"{file.name!r} cannot be opened: {reason}")) from error
    table, told = name_columns(file, sheet.table, checks)
    return Sheet(table, sheet.format, (*sheet.findings, *told))


def _read_by_suffix(file: Path, format: FormatSpec) -> Sheet:
    name = file.name.lower()
    if name.endswith(ARROW_SUFFIXES):
        return Sheet(read_arrow(file), FormatSpec(missing=format.missing, decimal=format.decimal), ())
    if name.endswith(JSON_SUFFIXES):
        return Sheet(read_json(file), FormatSpec(missing=format.missing, decimal=format.decimal), ())
    return read_csv(file, format)


def _check_columns(file: Path, sheet: Sheet, first: Sheet, first_file: Path) -> list[Diagnostic]:
    """Columns other than the first file's."""
    names = list(sheet.table.column_names)
    if sorted(names) == sorted(first.table.column_names):
        return []
    other = sorted(set(names) ^ set(first.table.column_names))
    message = f"{file.name!r} has other columns than {first_file.name!r}: {', '.join(map(repr, other[:5]))}"
    return [_error("DATA011", file, message, "all files of a table have the same columns")]


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
