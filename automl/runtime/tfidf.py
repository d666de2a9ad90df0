"""Texts as weights of their words and pairs of neighbouring words (tf-idf): one sparse row per text, of length 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .columns import Column, Columns, Floats, Ints
from .sparse import Sparse, from_entries, side_by_side
from .state import State
from .words import distinct_texts, number_words, pairs


@dataclass(frozen=True)
class TermIndex:
    """The terms of one column, ready to be looked up: slot j is the output column of `terms[j]`."""

    words: dict[str, int]  # every word that occurs in a term -> its number
    singles: Ints  # number of a word -> the slot of the term that it is alone, or -1
    keys: Ints  # of the terms of two words, ascending: first * len(words) + second
    slots: Ints  # the slot of each of them
    width: int


def index_terms(terms: Sequence[str]) -> TermIndex:
    """Index terms of one word, or of two with a blank between them."""
    split = [term.split(" ") for term in terms]
    words = {word: number for number, word in enumerate(dict.fromkeys(word for term in split for word in term))}
    singles = np.full(len(words), -1, dtype=np.int64)
    keys, slots = [], []
    for slot, term in enumerate(split):
        if len(term) == 1:
            singles[words[term[0]]] = slot
        else:
            keys.append(words[term[0]] * len(words) + words[term[1]])
            slots.append(slot)
    order = np.argsort(np.array(keys, dtype=np.int64))
    return TermIndex(
        words, singles, np.array(keys, dtype=np.int64)[order], np.array(slots, dtype=np.int64)[order], len(terms)
    )


def apply(state: State, columns: Columns) -> Sparse:
    """Shape (rows, terms of all columns). A missing text, or one without a known term, is a row of zeros."""
    indexes: list[TermIndex] | None = state.handles.get("terms")
    if indexes is None:
        indexes = state.handles["terms"] = [index_terms(terms) for terms in state.values["terms"]]
    return side_by_side(
        [
            _weighted(columns[name], index, state.arrays[f"idf_{j}"])
            for j, (name, index) in enumerate(zip(state.values["columns"], indexes, strict=True))
        ]
    )


def _weighted(column: Column, index: TermIndex, idf: Floats) -> Sparse:
    texts, rows = distinct_texts(column)
    numbers, at = number_words(texts, index.words)
    keys, pair_at = pairs(numbers, at, len(index.words))
    slots = np.concatenate([_singles(numbers, index), _pairs(keys, index)])
    at, slots = np.concatenate([at, pair_at])[slots >= 0], slots[slots >= 0]
    entries, counts = np.unique(at * index.width + slots, return_counts=True)
    at, slots = entries // index.width, entries % index.width
    weights = counts * idf[slots]
    squares = np.bincount(at, weights=weights * weights, minlength=len(texts) + 1)  # the last text is the missing one
    return from_entries(at, slots, weights / np.sqrt(squares)[at], (len(texts) + 1, index.width)).take(rows)


def _singles(numbers: Ints, index: TermIndex) -> Ints:
    return np.where(numbers >= 0, index.singles[numbers], -1)


def _pairs(keys: Ints, index: TermIndex) -> Ints:
    if not len(index.keys):
        return np.full(len(keys), -1, dtype=np.int64)
    nearest = np.minimum(np.searchsorted(index.keys, keys), len(index.keys) - 1)
    return np.where(index.keys[nearest] == keys, index.slots[nearest], -1)
