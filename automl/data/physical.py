"""What the values of each column are: number, boolean, datetime or text; the same for csv and parquet of one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.types as types

from automl.data import texts
from automl.data.forms import decimal_of
from automl.data.inference import ambiguous, infer_column, infinities, quoted
from automl.data.read import RawTable
from automl.data.schema import Physical
from automl.data.settings import DataSettings
from automl.data.texts import Cells, Reading, Rules, read_formed, read_numbers
from automl.errors import AutomlError, Diagnostic, nearest
from automl.kinds import Kind
from automl.runtime.arrow_files import arrow_values
from automl.runtime.columns import Column
from automl.runtime.table import ColumnSpec, to_column

WANTED: Mapping[Kind, Physical] = {
    Kind.NUMERIC: "number",
    Kind.INTEGER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.CATEGORICAL: "text",
    Kind.DATETIME: "datetime",
    Kind.TEXT: "text",
}

_SHOWING, _SHOWING_IN_ALL = 1000, 500_000  # values that may show the decimal mark: of a column; about, of a file


@dataclass(frozen=True)
class PhysicalColumn:
    """One column as values: float64 (numbers, booleans, times) or Text; `spec` reads them again from anything."""

    spec: ColumnSpec
    values: Column

    @property
    def name(self) -> str:
        """The name in the table."""
        return self.spec.name


@dataclass(frozen=True)
class PhysicalTable:
    """The whole table as values, columns in file order, all rows."""

    columns: tuple[PhysicalColumn, ...]
    rows: int

    def column(self, name: str) -> PhysicalColumn:
        """The column of that name. Raises KeyError."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, PhysicalColumn]:
        return {column.name: column for column in self.columns}


def to_physical(raw: RawTable, settings: DataSettings) -> tuple[PhysicalTable, list[Diagnostic]]:
    """Read every column as what it is, or as what the user says. Raises AutomlError: DATA008, DATA024, DATA030."""
    check_names(raw.names, settings)
    decimal, findings = _decimal(raw, settings)
    columns: list[PhysicalColumn] = []
    for name, array in raw.take():
        try:
            reading, told = _read(array, name, settings, Rules(name == settings.target, decimal, settings.checks))
        except AutomlError as wrong:
            findings.extend(wrong.diagnostics)
            continue
        columns.append(PhysicalColumn(reading.spec, reading.values))
        findings.extend(told)
    if any(finding.severity == "error" for finding in findings):
        raise AutomlError(finding for finding in findings if finding.severity == "error")
    return PhysicalTable(tuple(columns), raw.rows), findings


def check_names(names: tuple[str, ...], settings: DataSettings) -> None:
    """Raises AutomlError where the user names a column that is not there (DATA030)."""
    absent = sorted({(key, name) for key, name in settings.named() if name not in names})
    if absent:
        told = "the table has no column"
        raise AutomlError(
            Diagnostic("error", "DATA030", f"{told} {name!r}, which data.{key} names", hint=_near(name, names))
            for key, name in absent
        )


def _near(name: str, names: tuple[str, ...]) -> str:
    return nearest(name, names) or f"its columns are {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"


def wanted(name: str, settings: DataSettings) -> Physical | None:
    """The physical type that role or override ask for; None: as inferred. Ids, groups, folds are names: digits stay."""
    kind = settings.kind(name)
    asked = WANTED.get(kind) if kind is not None else None
    if name == settings.target:
        return asked if asked in (None, "number") else "text"
    if name == settings.weight:
        return "number"
    return "text" if name in settings.id or name in (settings.group, settings.fold) else asked


def _decimal(raw: RawTable, settings: DataSettings) -> tuple[str | None, list[Diagnostic]]:
    """The decimal mark of texts: the spec's, else the one that the columns show; a comma that was found out is told."""
    if settings.decimal is not None:
        return settings.decimal, []
    names = [name for name in raw.names if types.is_string(raw.table.schema.field(name).type)]
    tokens = {name: frozenset(settings.tokens(name)) for name in names}
    depth = min(_SHOWING, max(20, _SHOWING_IN_ALL // max(1, len(names))))
    heads = ([text for text in raw.table.column(name).slice(0, depth).to_pylist() if text] for name in names)
    decimal = decimal_of(
        [text.strip() for text in head if text.strip() not in tokens[name]]
        for name, head in zip(names, heads, strict=True)
    )
    if decimal != ",":
        return decimal, []
    message, hint = "numbers are taken to have a decimal comma", "say data.format.decimal: '.' if they have a point"
    return decimal, [Diagnostic("note", "DATA028", message, file=str(raw.paths[0]), hint=hint)]


def _read(array: Any, name: str, settings: DataSettings, rules: Rules) -> tuple[Reading, list[Diagnostic]]:
    spec = ColumnSpec(name, "text", frozenset(settings.tokens(name)))
    want = wanted(name, settings)
    if types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if want == "datetime" and types.is_integer(array.type):
        array = array.cast(arrow.string())  # 20240131
    if types.is_null(array.type):
        return Reading(ColumnSpec(name, want or "number", spec.tokens), _blank(array, spec, want)), []
    if is_text(array.type):
        cells = texts.cells_of(strings(array, name), spec)
        if want == "text" and _named(name, settings):
            return texts.read_names(cells, replace(rules, plain=False)), []
        return infer_column(cells, rules) if want is None else _force(cells, want, rules)
    reading = _typed(array, spec, want, rules.plain, _named(name, settings))
    return reading, infinities(name, array) if types.is_floating(array.type) else []


def _named(name: str, settings: DataSettings) -> bool:
    """Whether the user wants texts of a column whatever its values are. Ids, groups and folds keep every digit."""
    wants = settings.kind(name) in (Kind.CATEGORICAL, Kind.TEXT)
    return wants and name not in (*settings.id, settings.group, settings.fold)


def is_text(kind: Any) -> bool:
    """Whether an arrow type holds texts, or bytes that may be texts."""
    strings = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return bool(strings or types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def strings(array: Any, name: str) -> Any:
    """Texts or bytes as texts. Raises AutomlError (DATA008) for bytes that are no text."""
    try:
        array = array.cast(arrow.binary()) if types.is_fixed_size_binary(array.type) else array
        return array.cast(arrow.string())
    except arrow.ArrowInvalid as error:
        message, hint = f"column {name!r} holds bytes that are no UTF-8 text", "leave the column out, or write text"
        raise AutomlError(Diagnostic("error", "DATA008", message, hint=hint)) from error


def _blank(array: Any, spec: ColumnSpec, want: Physical | None) -> Column:
    values: list[None] = [None] * len(array)
    return to_column(ColumnSpec(spec.name, want or "number", spec.tokens), values)


def _force(cells: Cells, want: Physical, rules: Rules) -> tuple[Reading, list[Diagnostic]]:
    """Read as the user says. Raises AutomlError (DATA024) where the values are something else."""
    if want == "text":
        return texts.read_texts(cells), []
    if want == "number":
        formed = None if read_numbers(cells) is not None else read_formed(cells, rules)
        return (formed, []) if formed is not None else _force_numbers(cells)
    reading = texts.read_booleans(cells) if want == "boolean" else texts.read_datetimes(cells)
    if reading is None and len(cells.values) == 0:
        return Reading(ColumnSpec(cells.spec.name, want, cells.spec.tokens), cells.spread(np.empty(0))), []
    if reading is None:
        expected = "true and false, or 0 and 1" if want == "boolean" else "dates such as 2024-01-31 in one format"
        raise _unfit(cells.spec.name, want, expected, cells.encoded[1])
    return reading, [ambiguous(reading)] if reading.rival is not None else []


def _force_numbers(cells: Cells) -> tuple[Reading, list[Diagnostic]]:
    reading = texts.read_stray_numbers(cells)
    count = len(cells.values) - len(cells.without(reading.extra).values)
    if count and count > 0.5 * len(cells.values):
        raise _unfit(cells.spec.name, "number", "mostly numbers", list(reading.extra))
    if not count:
        return reading, []
    message = f"{cells.spec.name!r}: {count} values ({quoted(reading.extra)}) are no numbers: read as missing"
    hint = f"list them in data.columns.{cells.spec.name}.missing if that is meant"
    return reading, [Diagnostic("warning", "DATA023", message, hint=hint)]


def _typed(array: Any, spec: ColumnSpec, want: Physical | None, is_target: bool, named: bool) -> Reading:
    """A column that parquet stores as numbers, booleans or times."""
    own: Physical = "number"
    if types.is_boolean(array.type):
        own = "boolean"
    elif types.is_timestamp(array.type) or types.is_date(array.type):
        own = "datetime"
    elif types.is_time(array.type):
        own = "text"
    if is_target and own != "number":
        want = "text"
    if want == "number" and own == "boolean":
        want = "boolean"  # it is 0 and 1 either way, and can be read again
    physical = want or own
    if physical != own and physical != "text" and not (own == "number" and physical == "boolean"):
        raise _unfit(spec.name, physical, f"values other than those of type {array.type}", array[:3].to_pylist())
    typed = ColumnSpec(spec.name, physical, spec.tokens, "iso" if physical == "datetime" else None)
    if named and physical == "text" and own != "text":
        typed = replace(typed, names_of=own, time_format="iso" if own == "datetime" else None)
    try:
        return Reading(typed, to_column(typed, arrow_values(typed, array)))
    except ValueError as bad:
        raise _unfit(spec.name, physical, "true and false, or 0 and 1", array[:3].to_pylist()) from bad


def _unfit(name: str, want: Physical, expected: str, found: list[Any]) -> AutomlError:
    shown = quoted(tuple(map(str, found)))
    message = f"column {name!r} cannot be read as {want}: expected {expected}, found {shown}"
    return AutomlError(Diagnostic("error", "DATA024", message, hint=f"change the kind under data.columns.{name}"))
