"""What a sampler learns from: all settled trials while there are few, else the best ones and a sample of them all.

A tree-structured Parzen estimator compares where good trials lie with where the others do. Its good part is at most 25
trials, which are always among the lessons. The other part is a density over all of the search, which a uniform sample
shows as well as the whole; its cost, and that of keeping it, grows with the number of trials.
"""

from __future__ import annotations

import heapq
import math
from bisect import insort

from automl.catalog.metrics import Metric
from automl.plan import TrialScore
from automl.value import derive_seed

BEST = 25  # as many as the good part of the estimator ever has
SAMPLED = 75
SLACK = 32  # trials that are taken in before those that no longer count are taken out


class Lessons:
    """A candidate's settled trials, bounded. A pure function of the sequence in which they are added.

    `taken` only grows, in settled order, until trials that no longer count are taken out: it is another list then. So
    whoever has learnt the first of a list learns what came after, and begins anew with another list.
    """

    def __init__(self, metric: Metric) -> None:
        self.taken: list[TrialScore] = []
        self.count = 0
        self._loss = metric.loss
        self._best: list[tuple[float, int]] = []  # (loss, number), sorted
        self._sample: list[tuple[int, int]] = []  # (minus the hash of the number, number), a heap

    def add(self, trial: TrialScore) -> None:
        """One more settled trial."""
        self.count += 1
        among_best, in_sample = self._rank(trial), self._draw(trial.number)
        if not (among_best or in_sample):
            return
        if len(self.taken) >= BEST + SAMPLED + SLACK:
            kept = {number for _, number in (*self._best, *self._sample)}
            self.taken = [one for one in self.taken if one.number in kept]
        self.taken.append(trial)

    def good_part(self, _known: int) -> int:
        """How many of the lessons are the good ones: as many as if nothing had been left out.

        A tenth of all, at most 25, as in Optuna's estimator.
        """
        return min(math.ceil(0.1 * self.count), BEST)

    def _rank(self, trial: TrialScore) -> bool:
        """Whether it is one of the best by now. Ties: the earlier one."""
        entry = (self._loss(trial.score), trial.number)
        insort(self._best, entry)
        return len(self._best) <= BEST or self._best.pop() != entry

    def _draw(self, number: int) -> bool:
        """Whether it is one of the sample by now: the trials whose numbers have the lowest hashes, uniform over all."""
        entry = (-derive_seed(0, "lesson", str(number)), number)
        if len(self._sample) < SAMPLED:
            heapq.heappush(self._sample, entry)
            return True
        return heapq.heappushpop(self._sample, entry) != entry
