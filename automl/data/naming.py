"""The names of the columns of one file: none empty, none twice, and without the index that pandas writes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.compute as compute

from automl.errors import Diagnostic
from automl.runtime.field_names import BLANK_INDEX, field_names
from automl.spec.quality import Checks, action


def name_columns(file: Path, table: Any, checks: Checks) -> tuple[Any, list[Diagnostic]]:
    """The table with usable names, and what there is to tell: errors DATA005, 006, 012; DATA027 for a dropped index."""
    raw = list(table.column_names)
    table = table.rename_columns(list(field_names(raw)))
    found = [] if not table.num_rows else _drop_index(file, table, raw)
    if found:
        table, raw = table.drop_columns([table.column_names[0]]), raw[1:]
    found += _empty(file, raw, checks) + _double(file, raw, checks) + _nested(file, table)
    return table, found


def _drop_index(file: Path, table: Any, raw: list[str]) -> list[Diagnostic]:
    """A note where the first column is an index: no other lacks a name, and its whole numbers all differ."""
    name = table.column_names[0] if raw else ""
    if name not in BLANK_INDEX or raw[0].strip() not in ("", name) or sum(not one.strip() for one in raw) > 1:
        return []
    if raw[0] == BLANK_INDEX[0] or len(raw) == 1:
        return []  # someone named it so; or nothing would be left
    try:
        numbers = table.column(0).cast(arrow.int64())
    except arrow.ArrowException:
        return []
    if numbers.null_count or compute.count_distinct(numbers).as_py() != len(numbers):
        return []
    message = f"the first column of {file.name!r} has no name and counts the rows: it is left out as an index"
    return [Diagnostic("note", "DATA027", message, file=str(file))]


def _empty(file: Path, raw: list[str], checks: Checks) -> list[Diagnostic]:
    found = []
    for position, name in enumerate(raw, start=1):
        if not name.strip():
            message = f"column {position} of {file.name!r} has no name"
            found.append(_judged("DATA005", file, message, f"column_{position}", checks))
    return found


def _double(file: Path, raw: list[str], checks: Checks) -> list[Diagnostic]:
    double = sorted(name for name, count in Counter(raw).items() if count > 1 and name.strip())
    told = f"{file.name!r} has two columns named"
    return [_judged("DATA006", file, f"{told} {name!r}", f"{name}_2", checks) for name in double]


def _judged(code: str, file: Path, message: str, new: str, checks: Checks) -> Diagnostic:
    if action(checks, code) == "fix":
        return Diagnostic("warning", code, f"{message}: it is called {new!r}", file=str(file))
    hint = f"name it; with data.checks {code}: fix it is called {new!r}"
    return Diagnostic("error", code, message, file=str(file), hint=hint)


def _nested(file: Path, table: Any) -> list[Diagnostic]:
    hint = "unfold it into columns of single values before"
    return [
        Diagnostic(
            "error",
            "DATA012",
            f"column {field.name!r} of {file.name!r} holds values of type {field.type}",
            file=str(file),
            hint=hint,
        )
        for field in table.schema
        if not is_plain(field.type)
    ]


def is_plain(kind: Any) -> bool:
    """Whether an arrow type holds single values that have a meaning here."""
    types = arrow.types
    return not (types.is_nested(kind) or types.is_duration(kind) or types.is_interval(kind))
