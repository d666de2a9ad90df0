"""What columns mean and what becomes of them: kind and role of each, with the reason where that was a decision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from automl.data.fingerprint import fingerprints
from automl.data.physical import PhysicalColumn, PhysicalTable
from automl.data.schema import ClassInfo, ColumnInfo, Role, Schema
from automl.data.settings import DataSettings
from automl.data.weights import rows_that_count
from automl.errors import AutomlError, Diagnostic
from automl.kinds import Kind
from automl.runtime.columns import Column, Floats, Ints, Text, take
from automl.runtime.values import canonical_number

FEW_WHOLE = 50  # whole numbers with at most so many distinct values are quantity and code at once
MANY_CLASSES = 1000
ENOUGH = 20  # below so many rows, values that are all distinct say nothing
NEARLY_ALL = 0.95
TEXT_WORDS, TEXT_SHARE, TEXT_LETTERS, TEXT_DISTINCT = 3.0, 0.3, 40.0, 50
_ID_NAME = re.compile(r"(?:^|[_\s.-])(?:id|Id|ID)(?:$|[_\s.-])|[a-z0-9]I[dD]$|^ID(?![A-Z])", re.ASCII)


@dataclass(frozen=True)
class Facts:
    """What one column holds in the rows that have a target."""

    values: Column
    missing: int
    distinct: int

    @property
    def present(self) -> int:
        """The number of values."""
        return len(self.values) - self.missing


def build_schema(table: PhysicalTable, settings: DataSettings) -> tuple[Schema, list[Diagnostic]]:
    """Kind and role of every column; only rows with a target and a weight count.

    Raises AutomlError: DATA031, 032, 036, 037, 050, 051, 052.
    """
    labelled = labelled_rows(table, settings)
    rows, wrong = rows_that_count(table, labelled, settings.weight)
    if wrong:
        raise AutomlError(wrong)
    every, whole = fingerprints(table)
    findings = _check_roles(settings)
    infos = []
    for column in table.columns:
        values = column.values if len(rows) == table.rows else take(column.values, rows)
        info = _describe(column, _facts(values), settings, every[column.name])
        infos.append(info)
        findings.extend(_tell(info))
    findings.extend(_check_time(infos))
    if not any(info.role in ("feature", "time") for info in infos):
        hint = "all are ids, ignored, constant, empty or identifiers: `kind` under data.columns keeps one of the latter"
        findings.append(Diagnostic("error", "DATA037", "no column is left to learn from", hint=hint))
    without, weightless = table.rows - len(labelled), len(labelled) - len(rows)
    if weightless:
        message = f"{weightless} rows have the weight 0 and do not count"
        findings.append(Diagnostic("note", "DATA053", message))
    if without:
        message = f"{without} of {table.rows} rows have no value in target {settings.target!r} and are left out"
        findings.append(Diagnostic("warning", "DATA033", message))
    if any(finding.severity == "error" for finding in findings):
        raise AutomlError(finding for finding in findings if finding.severity == "error")
    target = table.column(settings.target).values
    schema = Schema(
        columns=tuple(infos),
        rows=len(rows),
        rows_without_target=without,
        classes=_classes(target if len(rows) == table.rows else take(target, rows)),
        fingerprint=whole,
        rows_without_weight=weightless,
    )
    return schema, findings


def labelled_rows(table: PhysicalTable, settings: DataSettings) -> Ints:
    """The rows that have a target, ascending. Raises AutomlError where there are none (DATA032)."""
    rows = np.flatnonzero(present(table.column(settings.target).values)).astype(np.int64)
    if not len(rows):
        message, hint = f"target {settings.target!r} has no values", "name another column, or look at its missing texts"
        raise AutomlError(Diagnostic("error", "DATA032", message, hint=hint))
    return rows


def present(values: Column) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows have a value."""
    return values.codes >= 0 if isinstance(values, Text) else ~np.isnan(values)


def _facts(values: Column) -> Facts:
    there = present(values)
    used = values.codes[there] if isinstance(values, Text) else values[there]
    return Facts(values, int(len(there) - there.sum()), len(np.unique(used)))


def _describe(column: PhysicalColumn, facts: Facts, settings: DataSettings, fingerprint: str) -> ColumnInfo:
    given = settings.kind(column.name)
    kind, why = (given, "the spec says so") if given is not None else _kind(column, facts)
    role, reason = _role(column.name, settings), why
    if role == "feature":
        dropped = _useless(column.name, kind, facts, given is not None)
        role, reason = ("dropped", dropped) if dropped else (role, why)
    return ColumnInfo(
        name=column.name,
        physical=column.spec.physical,
        kind=kind,
        role=role,
        reason=reason,
        missing=facts.missing,
        distinct=facts.distinct,
        tokens=tuple(sorted(column.spec.tokens)),
        time_format=column.spec.time_format,
        number_format=column.spec.number_format,
        names_of=column.spec.names_of,
        fingerprint=fingerprint,
    )


def _role(name: str, settings: DataSettings) -> Role:
    """The role that the user gives; a column with several has the first of these."""
    named: Mapping[Role, tuple[str | None, ...]] = {
        "target": (settings.target,),
        "group": (settings.group,),
        "time": (settings.time,),
        "weight": (settings.weight,),
        "fold": (settings.fold,),
        "id": settings.id,
        "ignored": settings.ignore,
    }
    return next((role for role, names in named.items() if name in names), "feature")


def _kind(column: PhysicalColumn, facts: Facts) -> tuple[Kind, str | None]:
    if column.spec.physical == "boolean":
        return Kind.BOOLEAN, None
    if column.spec.physical == "datetime":
        return Kind.DATETIME, f"all values are times in the format {column.spec.time_format}"
    if isinstance(facts.values, Text):
        return _text_kind(facts.values, facts)
    return _number_kind(facts.values, facts)


def _number_kind(values: Floats, facts: Facts) -> tuple[Kind, str | None]:
    there = values[~np.isnan(values)]
    if facts.distinct == 2 and np.isin(there, (0.0, 1.0)).all():
        return Kind.BOOLEAN, "the values are 0 and 1"
    if 3 <= facts.distinct <= FEW_WHOLE and bool((there == np.floor(there)).all()):
        return Kind.INTEGER, f"whole numbers with {facts.distinct} distinct values"
    return Kind.NUMERIC, None


def _text_kind(values: Text, facts: Facts) -> tuple[Kind, str | None]:
    """Text where values are long or many words, and mostly different; otherwise categories."""
    if facts.distinct <= TEXT_DISTINCT:
        return Kind.CATEGORICAL, None
    used = [values.levels[code] for code in np.unique(values.codes[values.codes >= 0])]
    words = sum(len(level.split()) for level in used) / len(used)
    letters = sum(map(len, used)) / len(used)
    many = facts.distinct >= TEXT_SHARE * facts.present
    if letters >= TEXT_LETTERS or (words >= TEXT_WORDS and many):
        return Kind.TEXT, f"{facts.distinct} distinct texts of {words:.1f} words on average"
    return Kind.CATEGORICAL, None


def _useless(name: str, kind: Kind, facts: Facts, given: bool) -> str | None:
    """Why a column is no feature; None where it is one. With a kind that the user gave, it is no identifier."""
    if facts.distinct == 0:
        return "it is empty"
    if facts.distinct == 1 and facts.missing == 0:
        return "it has the same value in every row"
    if given or facts.missing or facts.present < ENOUGH or kind == Kind.DATETIME:
        return None
    if isinstance(facts.values, Text):
        if facts.distinct < facts.present or (kind == Kind.TEXT and _has_words(facts.values)):
            return None
        return "all its values are distinct, like an identifier's"
    return _identifier(name, facts.values, facts)


def _has_words(values: Text) -> bool:
    """Whether more than one in ten texts is more than one code of ASCII characters."""
    used = [values.levels[code] for code in np.unique(values.codes[values.codes >= 0])]
    return sum(not level.isascii() or len(level.split()) > 1 for level in used) > 0.1 * len(used)


def _identifier(name: str, values: Floats, facts: Facts) -> str | None:
    steps = np.diff(values)
    if facts.distinct == facts.present and (np.all(steps == 1.0) or np.all(steps == -1.0)):
        return "it counts the rows"
    whole = bool((values == np.floor(values)).all())
    if whole and facts.distinct >= NEARLY_ALL * facts.present and _ID_NAME.search(name):
        return "it is named like an identifier, and nearly all its values are distinct"
    return None


def _check_roles(settings: DataSettings) -> list[Diagnostic]:
    keys = [key for key, name in settings.named() if name == settings.target and key not in ("target", "columns")]
    told = f"target {settings.target!r} is also named by"
    return [Diagnostic("error", "DATA031", f"{told} data.{key}", hint="a target has no other role") for key in keys]


def _check_time(infos: list[ColumnInfo]) -> list[Diagnostic]:
    found = []
    for info in infos:
        if info.role == "time" and info.physical not in ("number", "datetime"):
            message = f"time column {info.name!r} is {info.physical}; numbers, dates or times were expected"
            hint = "write times as 2024-01-31 or 2024-01-31 13:45:00"
            found.append(Diagnostic("error", "DATA036", message, hint=hint))
        elif info.role == "time" and info.missing:
            message = f"time column {info.name!r} has {info.missing} missing values, so its rows have no order"
            found.append(Diagnostic("error", "DATA036", message, hint="leave these rows out, or name another column"))
    return found


def _tell(info: ColumnInfo) -> list[Diagnostic]:
    if info.role != "dropped":
        return []
    return [Diagnostic("note", "DATA034", f"column {info.name!r} is not used: {info.reason}")]


def _classes(target: Column) -> tuple[ClassInfo, ...]:
    """All distinct values of the target with their numbers of rows, sorted by label; none where they are too many."""
    if isinstance(target, Text):
        codes, sizes = np.unique(target.codes, return_counts=True)
        labels: list[str | None] = [target.levels[code] for code in codes]
    else:
        values, sizes = np.unique(target, return_counts=True)
        labels = [canonical_number(float(value)) for value in values[: MANY_CLASSES + 1]]
    if len(sizes) > MANY_CLASSES:
        return ()
    counted = sorted((label, int(size)) for label, size in zip(labels, sizes, strict=True) if label is not None)
    return tuple(ClassInfo(label=label, rows=size) for label, size in counted)
