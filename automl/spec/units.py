"""Times and sizes as they are written in a spec: `90s`, `10m`, `2h`, `512MiB`."""

from __future__ import annotations

import re
from typing import Final

TIME_UNITS: Final[dict[str, float]] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SIZE_UNITS: Final[dict[str, int]] = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}

# At most fifteen digits before the point, so that a float holds the number.
AMOUNT: Final = r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?"
TIME_PATTERN: Final = rf"^{AMOUNT} ?(?:ms|s|m|h|d)$"
SIZE_PATTERN: Final = rf"^{AMOUNT} ?(?:B|KiB|MiB|GiB|TiB)$"

TIME_EXPECTED: Final = "a time such as 500ms, 90s, 10m, 2h or 7d"
SIZE_EXPECTED: Final = "a size such as 512MiB or 2GiB"

_PARTS: Final = re.compile(rf"({AMOUNT}) ?([A-Za-z]+)", re.ASCII)


def parse_time(text: str) -> float:
    """Seconds; negative where the text is. Raises ValueError."""
    amount, unit = _split(text, TIME_EXPECTED)
    if unit not in TIME_UNITS:
        raise ValueError(TIME_EXPECTED)
    return float(amount) * TIME_UNITS[unit] if unit != "ms" else float(amount) / 1000


def parse_size(text: str) -> int:
    """Bytes, rounded to whole ones; negative where the text is. Raises ValueError."""
    amount, unit = _split(text, SIZE_EXPECTED)
    if unit not in SIZE_UNITS:
        raise ValueError(SIZE_EXPECTED)
    return round(float(amount) * SIZE_UNITS[unit])


def format_time(seconds: float) -> str:
    """The text that `parse_time` reads as these seconds, in the largest unit that leaves a whole number."""
    for unit in ("d", "h", "m", "s"):
        count = seconds / TIME_UNITS[unit]
        if count == int(count) and (count != 0 or unit == "s"):
            return f"{int(count)}{unit}"
    milliseconds = seconds * 1000
    if round(milliseconds) / 1000 == seconds:
        return f"{round(milliseconds)}ms"
    return f"{seconds:.9f}".rstrip("0") + "s"


def format_size(size: int) -> str:
    """The text that `parse_size` reads as these bytes, in the largest unit that leaves a whole number."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size and size % SIZE_UNITS[unit] == 0:
            return f"{size // SIZE_UNITS[unit]}{unit}"
    return f"{size}B"


def unit_hint(text: str, units: dict[str, float] | dict[str, int]) -> str | None:
    """What was probably meant: a unit in another case, or its decimal twin (MB for MiB). None where nothing is near."""
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        return None
    wanted = parts[2].lower()
    long_names = {"sec": "s", "second": "s", "seconds": "s", "min": "m", "minute": "m", "minutes": "m", "hour": "h"}
    wanted = {**long_names, "hours": "h", "day": "d", "days": "d"}.get(wanted, wanted)
    for unit in units:
        if wanted in (unit.lower(), unit.lower().replace("ib", "b")):
            return f"did you mean '{parts[1]}{unit}'?"
    return None


def _split(text: str, expected: str) -> tuple[str, str]:
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(expected)
    return parts[1], parts[2]
