"""Texts as a few plain numbers: how long, how many words, which kinds of characters."""

from __future__ import annotations

import re

import numpy as np

from .columns import Columns, Matrix
from .state import State
from .words import distinct_texts, words

WIDTH = 6  # letters, words, digits, shares of upper case and of punctuation, missing

_SIGNS = re.compile(r"[^\w\s]+")


def apply(state: State, columns: Columns) -> Matrix:
    """Shape (rows, 6 * columns). A missing text has zeros and a one at the end."""
    found = []
    for name in state.values["columns"]:
        texts, rows = distinct_texts(columns[name])
        table = np.array([*map(_numbers, texts), (0.0,) * (WIDTH - 1) + (1.0,)], dtype=np.float64)
        found.append(table[rows])
    return np.ascontiguousarray(np.concatenate(found, axis=1))


def _numbers(text: str) -> tuple[float, ...]:
    whole = max(len(text), 1)
    upper = sum(map(str.isupper, text))
    signs = sum(map(len, _SIGNS.findall(text)))
    digits = sum(map(str.isdigit, text))
    return float(len(text)), float(len(words(text))), float(digits), upper / whole, signs / whole, 0.0
