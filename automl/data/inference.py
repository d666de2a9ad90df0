"""A column of texts read as what it is, and what there is to tell of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.compute as compute

from automl.data import texts
from automl.data.texts import Cells, Reading, Rules
from automl.errors import Diagnostic, Severity
from automl.runtime.number_forms import sign_of
from automl.spec.quality import action

_SHOWN_ROWS = 3


def infer_column(cells: Cells, rules: Rules) -> tuple[Reading, list[Diagnostic]]:
    """The reading that fits all values, or all but a few, as `rules` allow."""
    reading = texts.infer(cells, rules)
    if reading.spec.physical == "text":
        return _text(cells, reading, rules)
    name, found = cells.spec.name, []
    if reading.extra:
        message = f"column {name!r}: {quoted(reading.extra)} among {reading.spec.physical} values is read as missing"
        found.append(Diagnostic("note", "DATA022", message, hint=_as_category(name)))
    if reading.rival is not None:
        found.append(ambiguous(reading))
    if reading.mixed:
        message = f"column {name!r}: dates are read as {reading.spec.time_format} or as 2024-01-31, whichever fits"
        found.append(Diagnostic("warning", "DQ004", message, hint="write all of them as 2024-01-31"))
    if reading.spec.number_format is not None:
        found.append(_formed(name, reading.spec.number_format))
    if reading.spec.physical == "number":
        found += _infinite_texts(name, cells)
    return reading, found


def _text(cells: Cells, reading: Reading, rules: Rules) -> tuple[Reading, list[Diagnostic]]:
    """A column that is text by all its values: read as numbers where only a few are none, if the rules allow."""
    name = cells.spec.name
    stray = texts.few_strays(cells)
    if stray and rules.fixes("DQ001") and not rules.plain:
        message = f"column {name!r} holds numbers, but for {_where(cells, stray)}: read as missing"
        fixed = texts.read_stray_numbers(cells)
        return replace(fixed, extra=stray), [Diagnostic("warning", "DQ001", message, hint=_as_category(name))]
    if stray:
        message = f"column {name!r} is read as text because of {_where(cells, stray)}; its other values are numbers"
        return reading, [_standing("DQ001", message, rules, f"say kind: numeric under data.columns.{name}")]
    found = texts.form_of(cells, rules)
    if found.ambiguous:
        message = f"column {name!r} is read as text: in {quoted(cells.encoded[1])} the comma may be either mark"
        return reading, [Diagnostic("warning", "DQ007", message, hint="say data.format.decimal: ',' or '.'")]
    if found.form is not None:
        code = "DQ003" if sign_of(found.form) else "DQ002"
        message = f"column {name!r} is read as text; its values are numbers such as {found.form}"
        return reading, [_standing(code, message, rules, f"data.checks {code}: fix reads them as numbers")]
    if not rules.plain and (times := texts.read_datetimes(cells)) is not None and times.mixed:
        message = f"column {name!r} is read as text; its values are dates in several formats"
        return reading, [_standing("DQ004", message, rules, "data.checks DQ004: fix reads them as dates")]
    return reading, []


def _standing(code: str, message: str, rules: Rules, hint: str) -> Diagnostic:
    """What is told where the data stands as it is: an error, or a warning (left out later where it is allowed)."""
    severity: Severity = "error" if action(rules.checks, code) == "error" else "warning"
    return Diagnostic(severity, code, message, hint=hint)


def _formed(name: str, form: str) -> Diagnostic:
    code = "DQ003" if sign_of(form) else "DQ002"
    return Diagnostic("note", code, f"column {name!r}: numbers are read as {form}", hint=_as_category(name))


def _where(cells: Cells, stray: Sequence[str]) -> str:
    """The stray values, how many there are, and the first rows (counted from 1)."""
    hit = np.asarray(compute.is_in(cells.texts, arrow.array(stray, arrow.string())))
    rows = np.flatnonzero(hit) + 1
    more = ", ..." if len(rows) > _SHOWN_ROWS else ""
    several = "s" if len(rows) > 1 else ""
    shown = ", ".join(map(str, rows[:_SHOWN_ROWS]))
    return f"{len(rows)} value{several} ({quoted(stray)}; row{several} {shown}{more})"


def _infinite_texts(name: str, cells: Cells) -> list[Diagnostic]:
    hit = compute.match_substring_regex(cells.values, r"(?i)^[+-]?inf(inity)?$")
    return _infinite(name, int(compute.sum(hit).as_py() or 0))


def infinities(name: str, array: Any) -> list[Diagnostic]:
    """A note where a stored column of numbers has infinite ones."""
    return _infinite(name, int(compute.sum(compute.is_inf(array)).as_py() or 0))


def _infinite(name: str, count: int) -> list[Diagnostic]:
    if not count:
        return []
    message = f"column {name!r}: {count} infinite number{'s are' if count > 1 else ' is'} read as missing"
    return [Diagnostic("note", "DQ005", message)]


def ambiguous(reading: Reading) -> Diagnostic:
    """The warning that two formats fit all dates."""
    spec = reading.spec
    message = f"column {spec.name!r}: dates are read as {spec.time_format}; {reading.rival} fits as well"
    return Diagnostic("warning", "DATA025", message, hint="write dates as 2024-01-31 to be sure")


def quoted(values: Sequence[str]) -> str:
    """Up to three of the values."""
    shown = ", ".join(repr(value) for value in values[:3])
    return f"{shown} and {len(values) - 3} more" if len(values) > 3 else shown


def _as_category(name: str) -> str:
    return f"say kind: categorical under data.columns.{name} if it is a value of its own"
