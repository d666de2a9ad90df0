"""How long what comes after the search will take, from what this run has measured.

The final phase is two fits of the winner (all rows; the dev rows, for the honest estimate), the package, the report,
and the end of the process. Fits are as long as those of the trial's folds were, times the rows; the rest was rehearsed,
times how much slower than alone the machine ran lately (the planning, then the fits), as other work slows both.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from automl.jobs import Outcome
from automl.plan import Plan, TrialScore
from automl.rows import Rows
from automl.search.events import AtHand, Event, Finished, Settled
from automl.tasks import rounds_of

MARGIN = 1.25  # on the final fits: memory is shared by more rows, and no two fits take the same time
SLACK_SHARE, SLACK_S = 0.05, 2.0  # a run may overrun its budget by this share, by so much at least ...
KEPT = 0.5  # ... of which the final fits may use this much, where they take longer than was forecast
ROUNDS_SHARE = 0.7  # of a boosted fit is in proportion to its rounds, at least
INTERVAL_SHARE, INTERVAL_S = 0.1, 1.0  # of the budget, at least so much: what an interval may take of a search's time
RECENT = 16  # fits, from which the load of the machine is seen
REMEMBERED = 1000  # trials


class Effort:
    """How long this process has been at work since this was made, and what of a CPU it had: the first sign of load."""

    def __init__(self) -> None:
        self._began = time.monotonic(), time.process_time()

    def so_far(self) -> tuple[float, float]:
        """Seconds on the clock, seconds of a CPU."""
        return time.monotonic() - self._began[0], time.process_time() - self._began[1]


@dataclass(frozen=True)
class Budget:
    """A time budget on a monotonic clock: when the run has to end. `planning`: what making the plan took (`Effort`)."""

    end: float
    seconds: float
    clock: Callable[[], float] = time.monotonic
    planning: tuple[float, float] = (0.0, 0.0)

    @property
    def last(self) -> float:
        """The moment for which a final fit is given up."""
        return self.end + KEPT * self.slack_s

    @property
    def slack_s(self) -> float:
        """By how much a run may overrun it."""
        return max(SLACK_S, SLACK_SHARE * self.seconds)

    @property
    def interval_s(self) -> float:
        """What the interval of the estimate may take of the time to search: a slow metric's would take nearly all."""
        return max(INTERVAL_S, INTERVAL_SHARE * self.seconds)


class Finishers(NamedTuple):
    """How many final fits run side by side, and how many seconds it may take until their workers are free for them."""

    workers: int
    free_s: float = 0.0


class Tail(NamedTuple):
    """Seconds of what comes after the final fits: the package, and the interval of the estimate.

    `baseline_s`: where the winner's fits are too late, those of the baseline take as long as one call of the metric.
    """

    package_s: float
    interval_s: float = 0.0
    baseline_s: float = 0.0


class Reserve:
    """What is kept for the final phase of the best trial that can still be fitted in time. O(1) memory.

    `tail()`: in CPU seconds on an idle machine; `growth`: rows of the final fits over those of a fold's; `finishers()`:
    as is known by now. An interval that would take more than a tenth of the budget (a second at least) is not reckoned
    with: it is computed where time is left over.
    """

    def __init__(
        self,
        plan: Plan,
        budget: Budget,
        tail: Callable[[], Tail],
        growth: float,
        finishers: Callable[[], Finishers],
    ) -> None:
        self._plan, self._budget, self._measured, self._finishers = plan, budget, tail, finishers
        self._share = MARGIN * growth
        self._longest: dict[int, float] = {}  # seconds of a trial's longest fit
        self._best: TrialScore | None = None
        self._recent = deque([budget.planning], maxlen=RECENT)

    def __call__(self, event: Event) -> None:
        """Learn from what the search tells."""
        if isinstance(event, Finished):
            # Of one that was ended nobody knows what it had of a CPU; and a user's own metric may sleep.
            if event.outcome is Outcome.OK and self._plan.scorer.source is None:
                self._recent.append((event.wall_s, min(event.wall_s, event.cpu_s)))
        elif isinstance(event, AtHand | Settled) and isinstance(event.trial, TrialScore):
            self._take_in(event.trial, event.longest_s)

    def seconds(self) -> float:
        """To be kept by now."""
        return self._tail() + (0.0 if self._best is None else self._fits(self._best))

    def left_for(self, trial: TrialScore) -> float:
        """Seconds in which all of its final fits have to end; 0 where they would not be done in time."""
        left = self._budget.last - self._tail() - self._budget.clock()
        return left if self._fits(trial) <= left else 0.0

    def for_interval(self) -> float:
        """Seconds in which the interval of the estimate has to be there; 0 where it would not."""
        tail = self._measured()
        left = self._budget.end + self._budget.slack_s - self._load() * tail.package_s - self._budget.clock()
        return left if self._load() * tail.interval_s <= left else 0.0

    def _take_in(self, trial: TrialScore, longest_s: float) -> None:
        """A better trial counts from now on, unless there is no time any more to fit it on all rows."""
        best, loss = self._best, self._plan.scorer.loss
        better = best is None or loss(trial.score) < loss(best.score)
        self._longest[trial.number] = longest_s
        if better and self.left_for(trial):
            self._best = trial
        if len(self._longest) > REMEMBERED:
            del self._longest[next(n for n in self._longest if self._best is None or n != self._best.number)]

    def _fits(self, trial: TrialScore) -> float:
        longest = self._longest.get(trial.number, max(self._longest.values(), default=0.0))
        workers, free_s = self._finishers()
        in_a_row = 1 if workers > 1 else 2
        return free_s + in_a_row * self._share * longest * _share_of_rounds(self._plan, trial)

    def _tail(self) -> float:
        tail = self._measured()
        kept = tail.interval_s if tail.interval_s <= self._budget.interval_s else 0.0
        return tail.baseline_s + self._load() * (tail.package_s + kept)

    def _load(self) -> float:
        """How much slower than alone the machine runs."""
        wall, cpu = (sum(column) for column in zip(*self._recent, strict=True))
        return max(1.0, wall / cpu) if wall > 0.5 and cpu > 0.0 else 1.0


def _share_of_rounds(plan: Plan, trial: TrialScore) -> float:
    """How much of a fold's fit a final one needs, whose rounds the folds have chosen; what is not boosting stays."""
    if trial.rounds is None:
        return 1.0
    whole = rounds_of(plan.candidate(trial.candidate).graph, trial.params)
    assert whole is not None
    return 1.0 - ROUNDS_SHARE * (1.0 - trial.rounds / whole)


def growth_of(plan: Plan, rows: Rows) -> float:
    """Rows of the final fit over those of the largest fold."""
    folds = (len(rows.resolve(plan.rows.fold(fold, "in"))) for fold in range(plan.rows.fold_count))
    return len(rows.resolve(plan.rows.whole)) / max(folds)
