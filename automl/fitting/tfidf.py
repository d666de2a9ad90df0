"""Fits `runtime.tfidf`: the terms of each column and how rare each is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.columns import Column, Ints
from automl.runtime.state import State
from automl.runtime.words import distinct_texts, pairs, words

from .target import Target

NEVER = ""  # a term that no text has: what stands for a column without terms


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:  # noqa: ARG001
    """Inputs: the raw columns. Params: max_features (terms per column), min_count (rows that a term must occur in).

    Kept are the terms in most rows, at equal counts the first by code point. The weight of a term is its count in the
    text times log((1 + rows) / (1 + rows with it)) + 1, the smooth form of scikit-learn's TfidfVectorizer. Weights of
    rows do not count: nothing here is fitted to the target.
    """
    (columns,) = inputs
    found = [_terms(column, int(params["max_features"]), int(params["min_count"])) for column in columns.values()]
    idf = {
        f"idf_{j}": np.log((1.0 + len(column)) / (1.0 + counts)) + 1.0
        for j, (column, (_, counts)) in enumerate(zip(columns.values(), found, strict=True))
    }
    return State(values={"columns": list(columns), "terms": [terms for terms, _ in found]}, arrays=idf)


def _terms(column: Column, most: int, least: int) -> tuple[list[str], Ints]:
    """The terms of one column by code point, and in how many rows each occurs."""
    texts, rows = distinct_texts(column)
    repeats = np.bincount(rows, minlength=len(texts) + 1)
    known: dict[str, int] = {}
    numbers: list[int] = []
    sizes = np.zeros(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        found = [known.setdefault(word, len(known)) for word in words(text)]
        numbers += found
        sizes[i] = len(found)
    single, at = np.array(numbers, dtype=np.int64), np.repeat(np.arange(len(texts)), sizes)
    names = list(known)
    counted = [(names[key], count) for key, count in _rows_with(single, at, repeats, least)]
    double, pair_at = pairs(single, at, len(names))
    for key, count in _rows_with(double, pair_at, repeats, least):
        counted.append((f"{names[key // len(names)]} {names[key % len(names)]}", count))
    if not counted and least > 1:
        return _terms(column, most, 1)
    kept = sorted(sorted(counted, key=lambda term: (-term[1], term[0]))[:most]) or [(NEVER, 0)]
    return [term for term, _ in kept], np.array([count for _, count in kept], dtype=np.int64)


def _rows_with(keys: Ints, texts: Ints, repeats: Ints, least: int) -> list[tuple[int, int]]:
    """The keys that occur in at least so many rows, each with that number of rows."""
    if not len(keys):
        return []
    distinct, codes = np.unique(keys, return_inverse=True)
    once = np.unique(codes * len(repeats) + texts)  # a key counts once for a text
    counts = np.bincount(once // len(repeats), weights=repeats[once % len(repeats)], minlength=len(distinct))
    enough = counts >= least
    return [(int(key), int(count)) for key, count in zip(distinct[enough], counts[enough], strict=True)]
