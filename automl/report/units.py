"""Numbers as people read them."""

from __future__ import annotations

import math


def seconds_text(value: float | None) -> str:
    """`0.004 s`, `12.3 s`, `4 min 5 s`, `2 h 3 min`; a dash for None."""
    if value is None or not math.isfinite(value):
        return "-"
    if value < 0.9995:
        return f"{value:.2g} s"
    if value < 99.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def bytes_text(value: int | None) -> str:
    """`512 B`, `3.4 KiB`, `12.0 MiB`; a dash for None."""
    if value is None:
        return "-"
    size, unit = float(value), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            break
        size /= 1024
    return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"


def counted(number: int, noun: str) -> str:
    """'1 fit', '2 fits'."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def score_text(value: float | None) -> str:
    """A score with six significant digits; a dash for None and NaN."""
    return "-" if value is None or math.isnan(value) else f"{value:.6g}"
