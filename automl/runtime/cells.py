"""How one cell is read: by the physical type of its column, its missing tokens and its time format."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Literal

import numpy as np

from .columns import Floats
from .number_forms import plain_number
from .values import (
    BLANKS,
    DEFAULT_MISSING,
    canonical_number,
    canonical_text,
    canonical_time,
    is_missing,
    is_number,
    is_whole,
    parse_boolean,
    parse_number,
    parse_time,
    seconds,
)

WHOLE = -1  # the row of a problem that is not one row's own, but the whole table's
MAX_PROBLEMS = 100  # more than a reader would read; a wrong column would otherwise give one per row


@dataclass(frozen=True)
class ColumnSpec:
    """How the values of one column are read. `tokens` are texts that mean missing, without blanks around them.

    `names_of`: a column of texts that are the names of such values, so 1.50 and 1.5 are one text, and true and True.
    """

    name: str
    physical: Literal["number", "boolean", "datetime", "text"]
    tokens: frozenset[str] = frozenset(DEFAULT_MISSING)
    time_format: str | None = None
    number_format: str | None = None  # a form of `number_forms`; None: plain numbers
    names_of: Literal["number", "boolean", "datetime"] | None = None

    @cached_property
    def missing_numbers(self) -> Floats:
        """The tokens that are numbers: -999 is missing whether it comes as a text or as a number."""
        found = sorted(parse_number(token) for token in self.tokens if is_number(token))
        return np.array([number for number in found if not math.isnan(number)], dtype=np.float64)


@dataclass(frozen=True)
class Problem:
    """One value that cannot be read: its row (from 0), its field, what was expected there, and what stood there.

    The row is WHOLE for what is wrong with the whole input; the field is "" for what is wrong with a whole row.
    """

    row: int
    field: str
    expected: str
    value: str

    def __str__(self) -> str:
        row = "" if self.row == WHOLE else f"row {self.row}"
        place = ", ".join(part for part in (row, f"field {self.field!r}" if self.field else "") if part)
        return f"{place}{': ' if place else ''}expected {self.expected}, found {self.value}"


class BadInput(ValueError):
    """Input that has no defined reading: `problems` names rows and fields (at most MAX_PROBLEMS of them)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(islice(problems, MAX_PROBLEMS))
        super().__init__("; ".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type, tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


EXPECTED = {
    "number": "a number",
    "boolean": "true or false",
    "datetime": "a date or a time",
    "text": "a text, a number or a boolean",
}


def _number(spec: ColumnSpec, value: object) -> float | None:
    text = _text(value)
    if text is None:
        return _plain_number(value)
    if text in spec.tokens:
        return math.nan
    if spec.number_format is not None:
        return formed_number(text, spec.number_format)
    return parse_number(text) if is_number(text) else None


def formed_number(text: str, form: str) -> float | None:
    """The number that `text` writes in a form of `number_forms`; NaN for a word such as nan; None where it is none."""
    plain = plain_number(text, form)
    if plain is not None:
        return parse_number(plain)
    return math.nan if is_number(text) and math.isnan(parse_number(text)) else None


def _plain_number(value: object) -> float | None:
    if is_missing(value):
        return math.nan
    if not isinstance(value, int | float | np.integer | np.floating | np.bool_ | Decimal):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.nan  # beyond the range of floats, as an infinity is


def _boolean(spec: ColumnSpec, value: object) -> float | None:
    text = _text(value)
    if text is None:
        number = _plain_number(value)
    elif text in spec.tokens:
        return math.nan
    else:
        number = parse_boolean(text)
        if math.isnan(number):
            number = parse_number(text)
            return number if number in (0.0, 1.0) else None
    return number if number is None or math.isnan(number) or number in (0.0, 1.0) else None


def _datetime(spec: ColumnSpec, value: object) -> float | None:
    text = _text(value)
    if text is None:
        if is_missing(value):
            return math.nan
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[us]").item()
        return seconds(value) if isinstance(value, date) else None
    if text in spec.tokens:
        return math.nan
    found = parse_time(text, spec.time_format or "iso")
    if math.isnan(found) and spec.time_format != "iso":
        found = parse_time(text, "iso")  # never ambiguous, so it is always understood
    return None if math.isnan(found) else found


READERS: Mapping[str, Callable[[ColumnSpec, object], float | None]] = {
    "number": _number,
    "boolean": _boolean,
    "datetime": _datetime,
}


def _text(value: object) -> str | None:
    """The text without blanks around it; None where the value is no text."""
    if isinstance(value, str):
        return value.strip(BLANKS)
    return value.decode("utf-8", "replace").strip(BLANKS) if isinstance(value, bytes) else None


def problem_at(spec: ColumnSpec, row: int, value: object) -> Problem:
    shown = repr(value)
    expected = EXPECTED[spec.physical]
    if spec.physical == "datetime" and spec.time_format not in (None, "iso"):
        expected += f" such as {spec.time_format}"
    if spec.physical == "number" and spec.number_format is not None:
        expected += f" such as {spec.number_format}"
    return Problem(row, spec.name, expected, shown if len(shown) <= 60 else shown[:57] + "...")


def encode_level(spec: ColumnSpec, value: object, levels: dict[str, int]) -> int:
    """The code of a value among `levels`, which grows where it is new; -1 where the value is missing."""
    text = canonical_text(value) if spec.names_of is None else _name(spec, value)
    if text is None or text in spec.tokens or _text(value) in spec.tokens:
        return -1
    return levels.setdefault(text, len(levels))


def _name(spec: ColumnSpec, value: object) -> str | None:
    """The text of a value in a column of names of numbers, booleans or times; of other values the usual one."""
    usual = canonical_text(value)
    if usual is None or (spec.names_of == "number" and is_whole(usual)):
        return usual
    if spec.names_of == "number" and not isinstance(value, str | bytes | Decimal):
        return usual
    assert spec.names_of is not None
    found = READERS[spec.names_of](spec, usual if isinstance(value, Decimal) else value)
    if found is None:
        return usual
    if spec.names_of == "boolean":
        return None if math.isnan(found) else str(found == 1.0)
    return canonical_number(found) if spec.names_of == "number" else canonical_time(found)
