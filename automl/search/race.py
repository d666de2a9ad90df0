"""Which trials go on after their first fold: hopeless ones stop there, so that the time goes to those that may win.

The rule of asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020)
with two rungs, one fold and all folds. It looks at settled scores only, in settled order: no clock, no worker.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort

FREE = 2  # the first of a race go on whatever they score: there is nothing yet to hold them against
REDUCTION = 3  # of those after them, one in so many goes on


class Race:
    """The scores of all trials on the first fold, sorted. Eight bytes per trial."""

    def __init__(self, greater_is_better: bool) -> None:
        self._sign = -1.0 if greater_is_better else 1.0
        self._losses = array("d")

    def goes_on(self, score: float) -> bool:
        """Take in a trial's score on the first fold: whether it is among the best third of all by now."""
        loss = self._sign * score
        place = bisect_left(self._losses, loss)
        insort(self._losses, loss)
        count = len(self._losses)
        return count <= FREE or place < -(-count // REDUCTION)
