"""Gradient boosted trees: LightGBM model text, scored by LightGBM's own library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .boosters import Booster
from .columns import Matrix
from .linear import sigmoid, softmax
from .state import State

ALL_ROUNDS = -1


def apply(state: State, x: Matrix) -> Matrix:
    """Shape (rows, classes) of probabilities, or (rows, 1). Raises OSError where the library cannot be loaded."""
    return apply_at(state, x, ALL_ROUNDS)


def apply_at(state: State, x: Matrix, rounds: int) -> Matrix:
    """The prediction with the trees of the first `rounds` rounds of boosting only."""
    booster = _booster(state)
    x = np.ascontiguousarray(x, dtype=np.float64)
    single = len(x) == 1 and rounds == ALL_ROUNDS
    raw = booster.predict_row(x) if single else booster.predict(x, rounds)
    if state.values["classes"] != 2:
        return raw
    return np.concatenate([1.0 - raw, raw], axis=1)


def apply_along(state: State, x: Matrix, rounds: Sequence[int]) -> Iterator[Matrix]:
    """The predictions after each number of rounds, ascending. Every tree is evaluated once: the path costs one apply.

    For scores along the path only: equal to `apply_at` within rounding, not to the last bit. Raises ValueError where
    `rounds` does not ascend from 1 or more.
    """
    booster, x, done = _booster(state), np.ascontiguousarray(x, dtype=np.float64), 0
    scores = np.zeros((len(x), booster.outputs), dtype=np.float64)
    for upto in rounds:
        if upto <= done:
            raise ValueError("the numbers of rounds must ascend from 1 or more")
        scores += booster.raw_scores(x, done, upto - done)
        done = upto
        yield _converted(scores, state)


def _converted(scores: Matrix, state: State) -> Matrix:
    """As LightGBM converts its own sums: by the exponential where the objective has a logarithmic link."""
    classes = state.values["classes"]
    if classes == 0:
        return np.exp(scores) if state.values.get("link") == "log" else scores.copy()
    return sigmoid(scores[:, 0]) if classes == 2 else softmax(scores)


def _booster(state: State) -> Booster:
    """The loaded model, kept with the State. Two threads may both load it at first; one copy is then let go."""
    found: Booster | None = state.handles.get("booster")
    if found is None:
        assert state.text is not None
        found = state.handles.setdefault("booster", Booster(state.text))
    return found
