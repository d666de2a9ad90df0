"""What executors with workers of their own share: a queue, slots with one job each, deadlines, a second chance."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from automl.executors.memory import Rooms, limited
from automl.executors.worker import timeout_text
from automl.jobs import Activity, Done, Job, Outcome, UnderWay

RETRIES = 1  # of a job whose worker died under it
LOSSES = 5  # of a worker that went with its node, or lost touch: not the job's fault, but a job may be what ends nodes
START_S = 120.0  # a worker that is not ready in this time waits for CPUs that others hold
STARTS = 3  # a slot that cannot be made ready so often in a row ends the run with a clear line
HINT = "--executor inline shows what fails"


@dataclass(frozen=True)
class Try:
    """A job, how often its worker has died under it, and how often the worker was lost with its whole node.

    `shared`: how often it was taken back from a call of several jobs, one of which ended or held up the worker.
    `alone`: it is run with no other job at its worker, so that what happens to the worker is known to be its doing.
    """

    job: Job
    deaths: int = 0
    losses: int = 0
    shared: int = 0
    alone: bool = False

    @property
    def retried(self) -> int:
        """How often it was started anew."""
        return self.deaths + self.losses + self.shared


@dataclass(eq=False, kw_only=True)
class Slot(ABC):
    """One worker process. `work` is None while it starts and while it is free.

    `host`: the machine that it runs on. `claim`: the memory that its work was given there.
    """

    host: str = ""
    claim: int = 0
    work: Try | None = None
    began: float = field(default_factory=time.monotonic)  # its start, then that of its work, then of its being free
    failed_starts: int = 0

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, as a person is told."""

    @property
    @abstractmethod
    def starts(self) -> bool:
        """Whether its process is not ready yet."""

    @property
    def idle(self) -> bool:
        """Whether it holds no job."""
        return self.work is None

    @property
    def deadline(self) -> float | None:
        """When its job has to have ended, on the clock of `time.monotonic`; None: no limit, or no job."""
        limit = None if self.work is None else self.work.job.timeout_s
        return None if limit is None else self.began + limit


S = TypeVar("S", bound=Slot)


class SlotExecutor(ABC, Generic[S]):
    """As many jobs at once as there are slots, the rest in order of submission."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._queue: deque[Try] = deque()
        self._finished: deque[Done] = deque()
        self._slots: list[S] = []
        self._rooms = Rooms()

    def submit(self, job: Job) -> None:
        """Queue the job, and hand it to a free worker."""
        self._queue.append(Try(job))
        self._hand_out()

    def wait(self, timeout_s: float | None = None) -> Done | None:
        """The next finished job; None when nothing is under way or nothing ended in time.

        Raises AutomlError (EXE012) where a worker cannot be started.
        """
        limit = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._finished:
            self._hand_out()
            if self._finished:
                break
            if not self._queue and all(slot.idle for slot in self._slots):
                return None
            self._collect(limit)
            self._kill_overdue()
            if not self._finished and limit is not None and time.monotonic() >= limit:
                return None
        return self._finished.popleft()

    def activity(self) -> Activity:
        """What the workers are at, seen from any thread: the driver's one may change it meanwhile."""
        now = time.monotonic()
        slots = [(slot, slot.work, slot.began) for slot in tuple(self._slots)]
        running = [UnderWay(work.job, now - began, slot.place) for slot, work, began in slots if work is not None]
        starting = sum(slot.starts for slot, _, _ in slots)
        return Activity(tuple(running), len(self._queue), len(slots) - starting, starting, self._waits_for())

    def _waits_for(self) -> str | None:
        """What keeps the workers from doing more, in words."""
        return None

    def drop(self) -> None:
        """Forget all jobs. A worker that is at one is ended, and another one started in its place."""
        self._queue.clear()
        self._finished.clear()
        for slot in list(self._slots):
            if not slot.idle:
                self._replace(slot, 0)

    def _next_for(self, slot: S) -> Try | None:
        """Take the first job off the queue for a free slot; None: there is none, or it has to wait for memory."""
        while self._queue:
            work = self._queue[0]
            if self._rooms.holds(slot.host, work.job):
                claim = self._rooms.take(slot.host, work.job)
                if claim is None:
                    return None
                slot.claim = claim
                self._queue.popleft()
                return replace(work, job=limited(work.job, claim))
            hosts = {other.host for other in self._slots}
            ended = None if self._expects_hosts() else self._rooms.too_large(work.job, hosts)
            if ended is None:  # it waits for a larger machine
                return None
            self._queue.popleft()
            self._finished.append(ended)
        return None

    def _expects_hosts(self) -> bool:
        """Whether a machine may turn out to be larger than those that are known: who is ready first decides nothing."""
        since = time.monotonic() - START_S
        return any(slot.starts and slot.began > since and not self._rooms.knows(slot.host) for slot in self._slots)

    def _vacate(self, slot: S) -> None:
        """The slot's work has ended, or its worker has."""
        self._rooms.give_back(slot.host, slot.claim)
        slot.work, slot.claim = None, 0

    def _kill_overdue(self) -> None:
        """End what is past its deadline; what has ended in the same moment is taken in next."""
        now = time.monotonic()
        for slot in list(self._slots):
            if slot.deadline is None or now < slot.deadline or self._has_answered(slot):
                continue
            if not self._take_back(slot) and slot.work is not None:
                self._end(slot, Outcome.TIMEOUT, timeout_text(slot.work.job))
            self._replace(slot, 0)

    def _take_back(self, slot: S) -> bool:  # noqa: ARG002 (for executors that hand out several jobs at once)
        """Queue the jobs of a slot again where it holds several: which of them is to blame is not known then."""
        return False

    def _retry(self, slot: S, lost: bool = False) -> bool:
        """Put the job of a dead worker at the head of the queue, where it may be tried once more.

        `lost`: the worker was lost with its node. That counts apart, for it tells nothing of the job.
        """
        work = slot.work
        if work is None or (work.losses >= LOSSES if lost else work.deaths >= RETRIES):
            return False
        job = work.job if lost else replace(work.job, again=True)
        deaths, losses = work.deaths + (not lost), work.losses + lost
        self._queue.appendleft(replace(work, job=job, deaths=deaths, losses=losses, alone=True))
        return True

    def _end(self, slot: S, outcome: Outcome, text: str, crashed: bool = False) -> None:
        if slot.work is None:
            return
        seconds = time.monotonic() - slot.began
        done = Done(slot.work.job.key, outcome, error=text, wall_s=seconds, retried=slot.work.retried, crashed=crashed)
        self._finished.append(done)

    @abstractmethod
    def _hand_out(self) -> None:
        """Give queued jobs to free slots."""

    @abstractmethod
    def _collect(self, limit: float | None) -> None:
        """Wait until something ends, a deadline passes, or `limit` comes; take in all that has ended."""

    @abstractmethod
    def _has_answered(self, slot: S) -> bool:
        """Whether what the slot is at has ended, and was not taken in."""

    @abstractmethod
    def _replace(self, slot: S, failed_starts: int) -> None:
        """End the worker and start another one in its place."""
