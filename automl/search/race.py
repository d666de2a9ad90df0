"""Which trials go on after a rung: hopeless ones stop there, so that the time goes to those that may win.

The rule of asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020).
It looks at settled scores of that one rung only, in settled order: at no clock, at no worker.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import NamedTuple

from automl.catalog.metrics import Metric

REDUCTION = 3  # one in so many goes on


class _Measure(NamedTuple):
    """A trial that ran to its end: what it scored at a rung, and what it came to."""

    score: float
    mean: float


class Race:
    """Every rung's scores, sorted, and the best trial that came through it. Eight bytes for each score."""

    def __init__(self, metric: Metric) -> None:
        self._loss = metric.loss
        self._losses: dict[int, array[float]] = {}
        self._measures: dict[int, _Measure] = {}

    def goes_on(self, rung: int, score: float) -> bool:
        """Take in a trial's score at a rung: whether it is among the best third of all there by now (rounded up)."""
        losses = self._losses.setdefault(rung, array("d"))
        loss = self._loss(score)
        place = bisect_left(losses, loss)
        insort(losses, loss)
        return place < -(-len(losses) // REDUCTION)

    def came_through(self, scores: Mapping[int, float], mean: float) -> None:
        """A trial ran to its end. `scores`: by rung."""
        for rung, score in scores.items():
            best = self._measures.get(rung)
            if best is None or self._loss(mean) < self._loss(best.mean):
                self._measures[rung] = _Measure(score, mean)

    def expected(self, rung: int, score: float) -> float | None:
        """What a trial would come to that scored so at a rung, where it stopped.

        The mean of the best trial that came through that rung, moved by the difference of the two there: scores of one
        rung are on the same rows, those of different rungs are not comparable. Never better than that mean: it was
        the best one's luck to go on, not this one's. None where no trial came through the rung yet.
        """
        best = self._measures.get(rung)
        if best is None:
            return None
        worse = self._loss(score) - self._loss(best.score)
        return self._loss(self._loss(best.mean) + max(0.0, worse))
