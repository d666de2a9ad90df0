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
    """Texts read as times: seconds since 1970 UTC of each, the format, and another format that fits all of them too.

    `mixed`: some are in ISO 8601 instead, which a reader of the format understands as well.
    """

    seconds: Floats
    format: str
    rival: str | None
    mixed: bool = False


def find_times(texts: Sequence[str]) -> Times | None:
    """All texts read in the first format that fits all of them; None where none does."""
    if not texts or not any(letter.isdigit() for letter in texts[0][:2]):
        return None
    fits = [(name, found) for name in FORMATS if (found := read_times(texts, name)) is not None]
    if not fits:
        return _mixed(texts)
    return Times(fits[0][1], fits[0][0], fits[1][0] if len(fits) > 1 else None)


def _mixed(texts: Sequence[str]) -> Times | None:
    """Texts that are all in ISO 8601 or in one other format, some in each."""
    iso = np.array([parse_time(text, "iso") for text in texts[:_TRIED]])
    if (np.isnan(iso).all() and len(texts) <= _TRIED) or not all(text[:1].isdigit() for text in texts[:_TRIED]):
        return None
    every = np.array([parse_time(text, "iso") for text in texts])
    rest = [text for text, seconds in zip(texts, every, strict=True) if np.isnan(seconds)]
    fits = [(name, found) for name in FORMATS[1:] if (found := read_times(rest, name)) is not None]
    if not fits or len(rest) == len(texts):
        return None
    every[np.isnan(every)] = fits[0][1]
    return Times(every, fits[0][0], fits[1][0] if len(fits) > 1 else None, mixed=True)


def read_times(texts: Sequence[str], time_format: str) -> Floats | None:
    """Seconds since 1970 UTC of every text; None where one does not fit."""
    if any(np.isnan(parse_time(text, time_format)) for text in texts[:_TRIED]):
        return None
    found = np.array([parse_time(text, time_format) for text in texts], dtype=np.float64)
    return None if np.isnan(found).any() else found
