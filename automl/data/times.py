"""In which format a column of texts writes its dates and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automl.runtime.columns import Floats
from automl.runtime.values import parse_time

_CLOCKS = ("", " %H:%M", " %H:%M:%S")
FORMATS = (  # digits only: names of months depend on the machine's language
    "iso",
    *(f"%Y/%m/%d{clock}" for clock in _CLOCKS),
    *(f"%d.%m.%Y{clock}" for clock in _CLOCKS),
    *(f"%m/%d/%Y{clock}" for clock in _CLOCKS),
    *(f"%d/%m/%Y{clock}" for clock in _CLOCKS),
    *(f"%m-%d-%Y{clock}" for clock in _CLOCKS),
    *(f"%d-%m-%Y{clock}" for clock in _CLOCKS),
)
_TRIED = 50  # texts that rule a format out quickly


@dataclass(frozen=True)
class Times:
    """Texts read as times: seconds since 1970 UTC of each, the format, and another format that fits all of them too."""

    seconds: Floats
    format: str
    rival: str | None


def find_times(texts: Sequence[str]) -> Times | None:
    """All texts read in the first format that fits all of them; None where none does."""
    if not texts or not any(letter.isdigit() for letter in texts[0][:2]):
        return None
    fits = [(name, found) for name in FORMATS if (found := read_times(texts, name)) is not None]
    if not fits:
        return None
    return Times(fits[0][1], fits[0][0], fits[1][0] if len(fits) > 1 else None)


def read_times(texts: Sequence[str], time_format: str) -> Floats | None:
    """Seconds since 1970 UTC of every text; None where one does not fit."""
    if any(np.isnan(parse_time(text, time_format)) for text in texts[:_TRIED]):
        return None
    found = np.array([parse_time(text, time_format) for text in texts], dtype=np.float64)
    return None if np.isnan(found).any() else found
