"""Gradient boosted trees over binned features, as scikit-learn grows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .columns import Matrix
from .linear import probabilities
from .state import State
from .trees import forest_of, tree_sums


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, classes) of probabilities, or (rows, 1)."""
    return _converted(state, _start(state, x) + _sums(state, x, 0, None))


def apply_along(state: State, x: Matrix, rounds: Sequence[int]) -> Iterator[Matrix]:
    """The predictions after each number of rounds, ascending. Every tree is walked once: the path costs one apply.

    For scores along the path only: equal to the prediction of a shorter fit within rounding. Raises ValueError where
    `rounds` does not ascend from 1 or more.
    """
    scores, done = _start(state, x), 0
    for upto in rounds:
        if upto <= done:
            raise ValueError("the numbers of rounds must ascend from 1 or more")
        scores = scores + _sums(state, x, done, upto)
        done = upto
        yield _converted(state, scores)


def _start(state: State, x: Matrix) -> Matrix:
    return np.tile(state.arrays["start"], (len(x), 1))


def _sums(state: State, x: Matrix, first: int, last: int | None) -> Matrix:
    """The sums of the rounds from `first` up to `last`; a round has one tree for each score."""
    width = len(state.arrays["start"])
    end = None if last is None else last * width
    return tree_sums(forest_of(state), x, groups=width, trees=slice(first * width, end))


def _converted(state: State, scores: Matrix) -> Matrix:
    """From scores to predictions. A class that training did not see has probability 0."""
    classes, link = state.values["classes"], state.values["link"]
    if classes == 0:
        return np.exp(scores) if link == "log" else scores
    return probabilities(scores, state.arrays["seen"], classes)
