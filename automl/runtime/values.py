"""What one value means: the only place where texts become numbers, truths and times, and values become category texts.

Blanks (`BLANKS`) around a text never count: " 1 " is "1". NaN, NaT, None and infinities are missing. Standard library
and numpy only: a package carries a copy.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np

BLANKS = " \t\r\n\f\v\u00a0"
DEFAULT_MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL")  # "None", "?" and "unknown" may be real categories

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_WHOLE = re.compile(r"(-?)(0|[1-9][0-9]*)(\.0+)?")
_ISO = re.compile(r"[0-9]{4}(-?)[0-9]{2}\1[0-9]{2}(?:[T ].+)?", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WHOLE_FLOATS = 1e22  # whole floats below this are written with all their digits


def is_number(text: str) -> bool:
    """Whether `text` is a decimal number, with or without exponent, or a word for one: nan, inf, infinity (missing)."""
    bare = text.strip(BLANKS)
    return _NUMBER.fullmatch(bare) is not None or _NOT_FINITE.fullmatch(bare) is not None


def parse_number(text: str) -> float:
    """The number that `text` writes; NaN where it writes none (see `is_number`) or one that is not finite."""
    bare = text.strip(BLANKS)
    if _NUMBER.fullmatch(bare) is None:
        return math.nan
    value = float(bare)
    return value if math.isfinite(value) else math.nan


def parse_boolean(text: str) -> float:
    """1.0 for "true" and 0.0 for "false" in any case; NaN for everything else."""
    return {"true": 1.0, "false": 0.0}.get(text.strip(BLANKS).lower(), math.nan)


def parse_time(text: str, time_format: str) -> float:
    """Seconds since 1970 UTC, NaN where `text` is no such time.

    `time_format` is "iso" (ISO 8601 dates, with or without a time of day and an offset) or a strptime format of digits.
    Times without an offset are taken as UTC.
    """
    bare = text.strip(BLANKS)
    try:
        if time_format != "iso":
            return seconds(datetime.strptime(bare, time_format))
        return seconds(datetime.fromisoformat(bare)) if _ISO.fullmatch(bare) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def seconds(moment: date) -> float:
    """Seconds since 1970 UTC of a datetime (naive: taken as UTC) or a date (its midnight)."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return float((moment - _EPOCH) // _MICROSECOND) / 1e6  # as numpy's microseconds are divided, to the last bit


def is_missing(value: object) -> bool:
    """Whether a value that is no text is missing: None, NaN, infinities, NaT, and the NA of data frames."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    if isinstance(value, float | np.floating):
        return not math.isfinite(value)
    if isinstance(value, Decimal):
        return not value.is_finite()
    return isinstance(value, np.datetime64) and bool(np.isnat(value))


def canonical_text(value: object) -> str | None:
    """The one text form of a category or a label; None where the value is missing.

    1, 1.0, "1", " 1.0 " and b"1" are "1"; 0.5 is "0.5"; True is "True"; midnights are dates. All other texts stand as
    they are but for blanks around them: "01", "1.50" and "1e3" are names, not numbers.
    """
    if isinstance(value, str):
        return _canonical(value)
    if isinstance(value, bytes):
        return _canonical(value.decode("utf-8", "replace"))
    if is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "True" if value else "False"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        # The shortest digits of its own type: a float of 32 bits is 0.1 as in a csv, not 0.10000000149011612.
        return canonical_number(float(str(value)) if isinstance(value, np.float32 | np.float16) else float(value))
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == datetime.min.time():
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    return _canonical(format(value, "f") if isinstance(value, Decimal) else str(value))


def canonical_time(moment: float) -> str | None:
    """The text form of seconds since 1970 UTC: as `canonical_text` writes a datetime without an offset."""
    if not math.isfinite(moment):
        return None
    return canonical_text((_EPOCH + timedelta(microseconds=round(moment * 1e6))).replace(tzinfo=None))


def canonical_number(value: float) -> str | None:
    """The text form of a float: whole numbers without a point, others in the shortest form that reads back equal."""
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < _WHOLE_FLOATS:
        return str(int(value))
    return repr(value)


def is_whole(text: str) -> bool:
    """Whether a canonical text is a whole number: it has all its digits, which a float may not."""
    return _WHOLE.fullmatch(text) is not None


def _canonical(text: str) -> str:
    bare = text.strip(BLANKS)
    whole = _WHOLE.fullmatch(bare)
    if whole is None:
        return bare
    return "0" if whole[2] == "0" else whole[1] + whole[2]
