"""Short jobs go to a worker several at a time, and the next ones before it has answered: it never waits for the driver.

A call to a worker costs the driver and Ray about a millisecond together, whatever is in it. That is nothing beside a
job of a second, and most of the time of a job of a millisecond. So jobs that are known to be short share a call, and a
second call waits at the worker while it is at the first. Long ones go one by one to whoever is free, so that none waits
behind another while a worker has nothing to do.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from automl.executors.slots import Slot, Try
from automl.jobs import Done, Job

CALL_S = 0.05  # what the jobs of one call may take together, as far as that is known
CALL_JOBS = 16
ASKED_S = 30.0  # a worker that was free, and does not answer in this time, is given up
_REMEMBERED = 4  # results of a candidate
_UNKNOWN = 4.0  # so much longer than the plan expects may the first one of a candidate take


class Pace:
    """How long a job will take: what the plan expects, times the largest ratio of its candidate's last few to that."""

    def __init__(self) -> None:
        self._ratios: dict[str, deque[float]] = {}

    def note(self, job: Job, done: Done) -> None:
        """A job has ended."""
        ratios = self._ratios.setdefault(job.candidate, deque(maxlen=_REMEMBERED))
        ratios.append(done.wall_s / (job.expected_s or 1.0))

    def seconds(self, job: Job) -> float:
        """Infinite where nothing is known, and for what brings whole models back."""
        ratios = self._ratios.get(job.candidate)
        if job.keep or (ratios is None and job.expected_s is None):
            return math.inf
        return (job.expected_s or 1.0) * (max(ratios) if ratios else _UNKNOWN)

    def room_for(self, work: Try, taken: float) -> bool:
        """Whether a job may join others in a call that takes `taken` seconds by now."""
        seconds = taken + self.seconds(work.job)
        limit = work.job.timeout_s
        return not work.alone and seconds <= (CALL_S if limit is None else min(CALL_S, limit / 2))


@dataclass(frozen=True)
class Sent:
    """A job that was handed to a worker which is at another one. `call`: jobs of one call have one number."""

    work: Try
    reference: Any
    call: int


@dataclass(eq=False, kw_only=True)
class Pipeline(Slot):
    """A worker that holds jobs ahead of the one that it is at.

    `reference` is what is awaited from it: that it is ready, or the end of `work`, which came with call `call`.
    One that had been free for some time has to say that it is still ready before a job of its `ahead` counts as begun.
    """

    reference: Any
    call: int = 0
    ahead: deque[Sent] = field(default_factory=deque)

    @property
    def idle(self) -> bool:
        return self.work is None and not self.ahead

    @property
    def deadline(self) -> float | None:
        """That of the call under way: its jobs are answered together, so the shortest limit of theirs ends it."""
        if self.work is None:
            return self.began + ASKED_S if self.ahead else None
        works = [self.work, *(sent.work for sent in self.ahead if sent.call == self.call)]
        limits = [work.job.timeout_s for work in works if work.job.timeout_s is not None]
        return self.began + min(limits) if limits else None

    @property
    def full(self) -> bool:
        """Whether a call waits already behind the one that the worker is at."""
        return bool(self.ahead) and self.ahead[-1].call != self.call

    def advance(self, now: float) -> bool:
        """Go on to the next job: whether there is one. It keeps the memory that the one before it was given."""
        if not self.ahead:
            self.work, self.reference = None, None
            return False
        sent = self.ahead.popleft()
        self.work, self.reference, self.call, self.began = sent.work, sent.reference, sent.call, now
        return True

    def take_back(self) -> list[Try]:
        """All its jobs. Those of the call under way are run alone from now on: which of them ended the worker is not
        known, so none is blamed. The others had not begun."""
        held = [] if self.work is None else [Sent(self.work, self.reference, self.call)]
        held += self.ahead
        self.ahead.clear()
        return [_doubted(one.work) if one.call == self.call else one.work for one in held]


def _doubted(work: Try) -> Try:
    return replace(work, alone=True, shared=work.shared + 1)
