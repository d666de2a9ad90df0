"""Texts as numbered words: what steps over text count. A distinct text is read once, however often it occurs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from .columns import Column, Ints, Text

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The runs of letters, digits and underscores of any script, in lower case."""
    return _WORD.findall(text.lower())


def distinct_texts(column: Column) -> tuple[list[str], Ints]:
    """The texts that occur, and for every row the position of its text; missing values have the one behind the last.

    Raises TypeError for a column of numbers.
    """
    if not isinstance(column, Text):
        raise TypeError("a column of texts was expected, not of numbers")
    used = np.unique(column.codes[column.codes >= 0])
    table = np.full(len(column.levels) + 1, len(used), dtype=np.int64)  # the last slot answers for code -1
    table[used] = np.arange(len(used))
    return [column.levels[code] for code in used], table[column.codes]


def number_words(texts: Sequence[str], known: Mapping[str, int]) -> tuple[Ints, Ints]:
    """The number of every word of every text (-1: not known), and the text that it stands in. Both in reading order."""
    numbers: list[int] = []
    sizes = np.zeros(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        found = [known.get(word, -1) for word in words(text)]
        numbers += found
        sizes[i] = len(found)
    return np.array(numbers, dtype=np.int64), np.repeat(np.arange(len(texts), dtype=np.int64), sizes)


def pairs(numbers: Ints, texts: Ints, count: int) -> tuple[Ints, Ints]:
    """Every two neighbouring known words of a text as first * count + second, and the text that they stand in."""
    first, second = numbers[:-1], numbers[1:]
    there = (texts[:-1] == texts[1:]) & (first >= 0) & (second >= 0)
    return (first * count + second)[there], texts[:-1][there]
