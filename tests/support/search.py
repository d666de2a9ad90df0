"""Search runs for tests: what was asked, settled and found; and executors that misbehave in a known way."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.executors.inline import InlineExecutor
from automl.jobs import Done, Executor, Job, Outcome, Run
from automl.plan import Plan, TrialScore
from automl.search.budget import SearchSettings
from automl.search.events import Asked, Event, SearchResult, Settled, UnscoredTrial
from automl.search.ledger import Ledger, ledger_exists
from automl.search.loop import run_search
from automl.search.virtual import Unit, VirtualTime
from tests.support.plans import fake_fit


@dataclass(frozen=True)
class Found(SearchResult):
    """A result with all trials, by number: `trials` with a score, `unscored` without."""

    trials: tuple[TrialScore, ...] = ()


@dataclass(frozen=True)
class Story:
    """What a search did, in order, without anything measured."""

    asked: tuple[object, ...]
    settled: tuple[object, ...]
    best: object
    decisions: tuple[object, ...]


def search(
    plan: Plan, path: Path, settings: SearchSettings, executor: Executor | None = None
) -> tuple[Found, Story, list[Event]]:
    """Run or resume a search in `path`."""
    ledger = Ledger.open(path) if ledger_exists(path) else Ledger.create(path, {"search": plan.search_digest})
    events: list[Event] = []
    try:
        result = run_search(plan, executor or InlineExecutor(fake_fit, {}), ledger, settings, events.append)
    finally:
        ledger.close()
    return found(result, events), story(result, events), events


def found(result: SearchResult, events: list[Event]) -> Found:
    """The result, with all trials that the events tell of."""
    ended = sorted((e.trial for e in events if isinstance(e, Settled)), key=lambda trial: trial.number)
    fields = {field.name: getattr(result, field.name) for field in dataclasses.fields(SearchResult)}
    fields["unscored"] = tuple(trial for trial in ended if isinstance(trial, UnscoredTrial))
    return Found(**fields, trials=tuple(trial for trial in ended if isinstance(trial, TrialScore)))


def story(result: SearchResult, events: list[Event]) -> Story:
    """The comparable part of a run."""
    return Story(
        asked=tuple((e.trial, e.candidate, dict(e.params)) for e in events if isinstance(e, Asked)),
        settled=tuple((_ended(e.trial), e.settled_units) for e in events if isinstance(e, Settled)),
        best=result.best,
        decisions=result.decisions,
    )


def _ended(trial: Any) -> object:
    return (
        (trial.number, trial.outcome) if isinstance(trial, UnscoredTrial) else (trial.number, trial.score, trial.rounds)
    )


class FakeExecutor:
    """Runs jobs in this process, and gives them back in an order of the test's choice."""

    def __init__(
        self, run: Run = fake_fit, context: Mapping[str, Any] | None = None, newest_first: bool = False
    ) -> None:
        self.workers = 1
        self.ran: list[Job] = []
        self.arrivals: deque[Done] = deque()
        self._run = run
        self._context = context or {}
        self._queue: deque[Job] = deque()
        self._newest_first = newest_first

    def submit(self, job: Job) -> None:
        self._queue.append(job)

    def wait(self, timeout_s: float | None = None) -> Done | None:
        return self.arrivals.popleft() if self.arrivals else self.finish_one()

    def finish_one(self) -> Done | None:
        if not self._queue:
            return None
        job = self._queue.pop() if self._newest_first else self._queue.popleft()
        self.ran.append(job)
        return self.end(job)

    def end(self, job: Job) -> Done:
        try:
            return Done(job.key, Outcome.OK, self._run(self._context, job), wall_s=1.0)
        except ValueError as problem:
            return Done(job.key, Outcome.FAILED, error=str(problem))

    def close(self) -> None:
        self._queue.clear()


class ArrivalTime(VirtualTime):
    """Deliberately wrong: settles whatever arrived first, as a search without virtual time would."""

    executor: FakeExecutor

    def __init__(self, slots: int) -> None:
        super().__init__(slots)
        self._placed: deque[Unit] = deque()

    @property
    def free(self) -> int:
        return self._slots - len(self._placed)

    def place(self, unit: Unit, cost: float) -> float:
        self._placed.append(unit)
        return 0.0

    def next_end(self) -> Unit | None:
        """The unit of the next arrival. One arrives for each unit placed, in the executor's own order."""
        if not self._placed:
            return None
        newest_first = self.executor._newest_first
        return self._placed.pop() if newest_first else self._placed.popleft()
