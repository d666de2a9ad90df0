"""The body of a request, read: rows of fields and values, from JSON or csv. What has no meaning is refused."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .layout import DELIMITERS
from .schema import FIELDS
from .scoring.cells import WHOLE
from .scoring.field_names import field_names
from .scoring.table import BadInput, Problem

_FORM = '{"rows": [{"field": value, ...}, ...]}'
_MOST_FIELDS = 10_000  # beside the model's own
_KNOWN = frozenset(field.name for field in FIELDS)
_LONGEST = 1 << 30  # characters of one csv field; the limit on the body comes first


class TooManyRows(ValueError):
    """There are more rows than one request may have."""


class _Odd:
    """What Python's JSON reader lets through and JSON does not: NaN, Infinity, a field that is there twice.

    It cannot be hashed, so that the door refuses it, with row and field, where it stands for a value.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str, field: str = "") -> None:
        self.text, self.field = text, field

    def __repr__(self) -> str:
        return self.text


def json_rows(body: bytes, most: int) -> list[dict[str, Any]]:
    """The rows of a JSON body. Raises BadInput, TooManyRows."""
    odd: list[_Odd] = []

    def constant(token: str) -> _Odd:
        odd.append(_Odd(token))
        return odd[-1]

    def record(pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        counts = Counter(name for name, _ in pairs)
        odd.append(_Odd("a field that is there twice", counts.most_common(1)[0][0]))
        return odd[-1]

    rows = _rows_in(_parsed(_text(body, "utf-8"), constant, record))
    if len(rows) > most:
        raise TooManyRows
    if odd or b"\\u" in body:
        _refuse_odd(rows, odd)
    return rows


def csv_columns(body: bytes, encoding: str, most: int) -> Mapping[str, Sequence[str]]:
    """The columns of a csv body, its names in the first line. Raises BadInput, TooManyRows."""
    text = _text(body, encoding)
    csv.field_size_limit(_LONGEST)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)) if line]
    except csv.Error as problem:
        refuse("a readable csv text", str(problem))
    if not lines:
        refuse("a first line with the names of the columns", "an empty text")
    names, rows = _names(lines[0]), lines[1:]
    if len(rows) > most:
        raise TooManyRows
    wrong = [(row, len(fields)) for row, fields in enumerate(rows) if len(fields) != len(names)]
    if wrong:
        expected = f"{len(names)} fields, as in the first line"
        raise BadInput(Problem(row, "", expected, f"{width} fields") for row, width in wrong)
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _names(header: list[str]) -> Sequence[str]:
    """The names of the first line; one that is there twice has no meaning, unless the training file had it so, too."""
    if len(header) > _MOST_FIELDS + len(FIELDS):
        refuse(f"at most {_MOST_FIELDS + len(FIELDS)} columns", f"{len(header)} columns")
    names = field_names(header)
    for given, name in zip(header, names, strict=True):
        if given.strip() and name != given and name not in _KNOWN:
            refuse("one column of this name", "a column that is there twice", field=given)
    return names


def refuse(expected: str, found: str, row: int = WHOLE, field: str = "") -> NoReturn:
    """Raise BadInput with one problem."""
    raise BadInput([Problem(row, field, expected, found)])


def _text(body: bytes, encoding: str) -> str:
    try:
        return body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError as problem:
        refuse(f"text in {encoding}", str(problem)[:200])


def _parsed(text: str, constant: Any, record: Any) -> Any:
    try:
        return json.loads(text, parse_constant=constant, object_pairs_hook=record)
    except json.JSONDecodeError as problem:
        refuse("JSON", f"{problem.msg} at line {problem.lineno}, column {problem.colno}")
    except RecursionError:
        refuse("JSON of a few levels", "a text that is nested too deeply")
    except ValueError:  # Python reads no longer ones, as they take it long
        refuse("JSON with numbers of a few digits", "a number of thousands of digits")


def _rows_in(parsed: Any) -> list[dict[str, Any]]:
    if isinstance(parsed, _Odd):
        refuse("each key once", "a key that is there twice", field=parsed.field)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("rows"), list):
        refuse(_FORM, _shown(parsed.get("rows") if isinstance(parsed, dict) and "rows" in parsed else parsed))
    for key in parsed:
        if key != "rows":
            refuse(_FORM, "a further key", field=key)
    rows: list[Any] = parsed["rows"]
    wrong = [row for row, found in enumerate(rows) if not isinstance(found, dict)]
    if wrong:
        raise BadInput(_no_row(row, rows[row]) for row in wrong)
    return rows


def _no_row(row: int, found: Any) -> Problem:
    if isinstance(found, _Odd) and found.field:
        return Problem(row, found.field, "one value", "a field that is there twice")
    return Problem(row, "", "an object of fields and values", _shown(found))


def _shown(value: Any) -> str:
    """A JSON value, in a few words."""
    if isinstance(value, list | dict):
        return "an array" if isinstance(value, list) else "an object without rows"
    return "null" if value is None else repr(value)[:60]


def _refuse_odd(rows: list[dict[str, Any]], odd: list[_Odd]) -> None:
    """Raise BadInput for what is odd in any field, be it the model's or not, and for halves of characters."""
    found = [
        Problem(row, field, "a value of JSON, or null", repr(value)[:60])
        for row, record in enumerate(rows)
        for field, value in record.items()
        if isinstance(value, _Odd) or (isinstance(value, str) and not _whole(value))
    ]
    if found:
        raise BadInput(found)
    if odd:
        refuse("values of JSON", repr(odd[0]), field=odd[0].field)


def _whole(text: str) -> bool:
    """Whether every character of the text is one: JSON can write the halves of a pair."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _delimiter(text: str) -> str:
    """As for files: the one under which the first line names most of the columns."""
    start = text.lstrip("\r\n")

    def known(delimiter: str) -> int:
        try:
            return len(_KNOWN.intersection(next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), [])))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=known)
