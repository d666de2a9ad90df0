"""Which jobs the executor has; where it is known when the search ends, others are kept back until they are needed."""

from __future__ import annotations

import heapq

from automl.jobs import Executor, Job
from automl.search.virtual import Unit


class Dispatch:
    """Hands each job to the executor once.

    Of a search that was cut, many units were on slots that nobody waited for, and one of them may never end. So where
    the cut is known, a job is handed out when its unit is waited for; others may go ahead of that, those first whose
    units end first in virtual time, as long as a worker is left for the one that is waited for.
    """

    def __init__(self, executor: Executor) -> None:
        self.in_flight: dict[str, Unit] = {}  # by the job's key
        self._executor = executor
        self._kept: dict[str, tuple[Unit, Job]] = {}  # by the job's key
        self._order: list[tuple[float, Unit, str]] = []  # of what is kept, as a heap; what was handed out stays in it

    def submit(self, unit: Unit, job: Job) -> None:
        """Hand it out now, where the executor has none of its key."""
        if job.key not in self.in_flight:
            self.in_flight[job.key] = unit
            self._executor.submit(job)

    def keep(self, unit: Unit, job: Job, end: float) -> None:
        """Hand it out when it is needed. `end`: of the unit, in virtual time."""
        if job.key not in self.in_flight:
            self._kept.setdefault(job.key, (unit, job))
            heapq.heappush(self._order, (end, unit, job.key))

    def need(self, key: str) -> None:
        """A job is waited for: hand it out, where it was kept."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.submit(*kept)

    def go_ahead(self, most: int) -> None:
        """Hand out what may be needed soon, as far as workers are free; never more than `most` at once."""
        while self._order:
            key = self._order[0][2]
            if key in self._kept and len(self.in_flight) >= min(most, self._executor.workers):
                return
            heapq.heappop(self._order)
            self.need(key)
