"""The smallest values of a spec: times, sizes, numbers, scalars; and the form of a value where several are possible."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from automl.spec import units

# Forms of a value where several are possible. They turn up in the paths of pydantic's errors and are taken out again;
# the first character cannot stand in a spec.
SCALAR: Final = "\0scalar"
MAPPING: Final = "\0mapping"
RANGE: Final = "\0range"
OPTIONS: Final = "\0options"
FORMS: Final = frozenset({SCALAR, MAPPING, RANGE, OPTIONS})


def folds_form(value: Any) -> str:
    """A number of folds, or {column}."""
    return SCALAR if isinstance(value, int | float | str | None | list) else MAPPING


def metric_form(value: Any) -> str:
    """A name, or a mapping."""
    return MAPPING if isinstance(value, dict) or type(value).__name__ == "WrittenMetric" else SCALAR


def space_form(value: Any) -> str:
    """A fixed value, {options}, or {low, high, log}."""
    if isinstance(value, dict):
        return OPTIONS if "options" in value else RANGE
    names = {"WrittenOptions": OPTIONS, "WrittenRange": RANGE}
    return names.get(type(value).__name__, SCALAR)


def refuse(code: str, expected: str, hint: str | None = None) -> PydanticCustomError:
    """The error that `problems.py` turns into a diagnostic with this code."""
    return PydanticCustomError("spec", "expected {expected}", {"code": code, "expected": expected, "hint": hint})


def _time(value: Any) -> float:
    if isinstance(value, str):
        try:
            return units.parse_time(value)
        except ValueError:
            raise refuse("SPEC024", units.TIME_EXPECTED, units.unit_hint(value, units.TIME_UNITS)) from None
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse("SPEC024", units.TIME_EXPECTED, f"write the unit: {value}s")
    raise refuse("SPEC021", units.TIME_EXPECTED)


def _size(value: Any) -> int:
    if isinstance(value, str):
        try:
            return units.parse_size(value)
        except ValueError:
            raise refuse("SPEC024", units.SIZE_EXPECTED, units.unit_hint(value, units.SIZE_UNITS)) from None
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse("SPEC024", units.SIZE_EXPECTED, f"write the unit: {value}MiB")
    raise refuse("SPEC021", units.SIZE_EXPECTED)


def _rows_or_time(value: Any) -> int | str:
    """A number of rows, or a time, which stays a text here: seconds could not be told from rows."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        _time(value)
        return value
    raise refuse("SPEC021", "a number of rows or " + units.TIME_EXPECTED)


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise refuse("SPEC021", "a number")


def _scalar(value: Any) -> bool | int | float | str:
    if isinstance(value, bool | int | float | str):
        return value
    raise refuse("SPEC021", "a text, a number, true or false")


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise refuse("SPEC021", "a text or a list of texts")


Time = Annotated[
    float,
    BeforeValidator(_time),
    PlainSerializer(units.format_time, return_type=str),
    WithJsonSchema({"type": "string", "pattern": units.TIME_PATTERN}),
]  # seconds
Size = Annotated[
    int,
    BeforeValidator(_size),
    PlainSerializer(units.format_size, return_type=str),
    WithJsonSchema({"type": "string", "pattern": units.SIZE_PATTERN}),
]  # bytes
Number = Annotated[int | float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Scalar = Annotated[
    bool | int | float | str, BeforeValidator(_scalar), WithJsonSchema({"type": ["boolean", "number", "string"]})
]
RowsOrTime = Annotated[
    int | str,
    BeforeValidator(_rows_or_time),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": units.TIME_PATTERN}]}),
]
OneOrMany = Annotated[
    tuple[str, ...],
    BeforeValidator(_texts),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
