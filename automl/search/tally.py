"""What of a search's settled trials is kept for its end: counts, the best ones, the first that failed."""

from __future__ import annotations

from bisect import insort
from collections import Counter

from automl.catalog.metrics import Metric
from automl.jobs import Outcome
from automl.plan import BASELINE, TrialScore
from automl.search.events import UnscoredTrial

LEADERS = 25
UNSCORED = 3


class Tally:
    """Bounded, however many trials there are."""

    def __init__(self, metric: Metric) -> None:
        self.outcomes = Counter({outcome.value: 0 for outcome in Outcome})
        self.baseline: TrialScore | None = None
        self._loss = metric.loss
        self._leaders: list[tuple[float, int, TrialScore]] = []  # (loss, number, trial): numbers differ
        self._unscored: list[tuple[int, UnscoredTrial]] = []

    def add_scored(self, trial: TrialScore) -> bool:
        """Whether it is the best one by now; of equal ones the earlier."""
        self.outcomes[Outcome.OK.value] += 1
        if trial.number == BASELINE:
            self.baseline = trial
        insort(self._leaders, (self._loss(trial.score), trial.number, trial))
        del self._leaders[LEADERS:]
        return self._leaders[0][2] is trial

    def add_unscored(self, trial: UnscoredTrial) -> None:
        """A trial that ended without a score."""
        self.outcomes[trial.outcome.value] += 1
        insort(self._unscored, (trial.number, trial))
        del self._unscored[UNSCORED:]

    @property
    def leaders(self) -> tuple[TrialScore, ...]:
        """The best ones, best first; and the baseline, wherever it stands."""
        best = tuple(trial for _, _, trial in self._leaders)
        return best if self.baseline is None or self.baseline in best else (*best, self.baseline)

    @property
    def unscored(self) -> tuple[UnscoredTrial, ...]:
        """Those with the lowest numbers."""
        return tuple(trial for _, trial in self._unscored)
