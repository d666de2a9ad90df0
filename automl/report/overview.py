"""What the page and `automl status` say of all trials: bounded, however many there are, but for two numbers of each."""

from __future__ import annotations

from array import array
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator

from automl.catalog.metrics import Metric
from automl.report.history import OPEN, TrialRow

SHOWN = 50  # rows of a table on the page; leaderboard.csv has them all


class Overview:
    """Counts, the best trials, the first without a score, those under way, and the number and score of all others."""

    def __init__(self, metric: Metric, rows: Iterable[TrialRow] = ()) -> None:
        self.metric = metric
        self.outcomes: Counter[str] = Counter()
        self.open: list[TrialRow] = []
        self._numbers, self._scores = array("q"), array("d")  # of trials with a score
        self._best: list[tuple[float, int, TrialRow]] = []
        self._unscored: list[tuple[int, TrialRow]] = []
        for row in rows:
            self.add(row)

    def add(self, row: TrialRow) -> None:
        """One more trial, in any order."""
        self.outcomes[row.outcome] += 1
        if row.score is not None:
            self._numbers.append(row.number)
            self._scores.append(row.score)
            insort(self._best, (self.metric.loss(row.score), row.number, row))
            del self._best[SHOWN:]
        elif row.outcome == OPEN:
            self.open.append(row)
        else:
            insort(self._unscored, (row.number, row))
            del self._unscored[SHOWN:]

    def watching(self, rows: Iterable[TrialRow]) -> Iterator[TrialRow]:
        """The same rows, each taken in as it passes."""
        for row in rows:
            self.add(row)
            yield row

    @property
    def counts(self) -> dict[str, int]:
        """How many trials ended in which way, by name."""
        return {name: self.outcomes[name] for name in sorted(self.outcomes)}

    @property
    def best(self) -> list[TrialRow]:
        """The best ones, best first (ties: the earlier one)."""
        return [row for _, _, row in self._best]

    @property
    def unscored(self) -> list[TrialRow]:
        """The first ones that ended without a score, by number."""
        return [row for _, row in self._unscored]

    @property
    def scored(self) -> int:
        """How many have a score."""
        return len(self._scores)

    def points(self) -> list[tuple[int, float]]:
        """Number and score of all that have one, by number."""
        return sorted(zip(self._numbers, self._scores, strict=True))

    def best_so_far(self) -> list[tuple[int, float]]:
        """The trials that were better than all before them, by number, with their scores."""
        found: list[tuple[int, float]] = []
        for number, score in self.points():
            if not found or self.metric.loss(score) < self.metric.loss(found[-1][1]):
                found.append((number, score))
        return found
