"""What a plain YAML scalar means: the core schema of YAML 1.2, so that yes, no, on, off, 1:30 and dates stay texts."""

from __future__ import annotations

import math
import re
from typing import Final

Plain = str | int | float | bool | None

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT: Final = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL: Final = re.compile(r"0o[0-7]+")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LARGEST: Final = 2**63 - 1
_DIGITS: Final = 40  # a longer whole number is refused before it is parsed

# All but what YAML allows: control characters other than tab and line ends, lone surrogates, U+FFFE and U+FFFF.
FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotFiniteError(ValueError):
    """The number is infinite, not a number, or too large."""


def plain_value(text: str) -> Plain:
    """The value of a scalar without quotes. Raises NotFiniteError."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return _bounded(text, 10)
    if _OCTAL.fullmatch(text):
        return _bounded(text[2:], 8)
    if _HEX.fullmatch(text):
        return _bounded(text[2:], 16)
    if _NOT_FINITE.fullmatch(text):
        raise NotFiniteError(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise NotFiniteError(text)
        return number
    return text


def _bounded(digits: str, base: int) -> int:
    if len(digits) > _DIGITS:
        raise NotFiniteError(digits)
    number = int(digits, base)
    if abs(number) > _LARGEST:
        raise NotFiniteError(digits)
    return number
