"""Jobs in this very process, one at a time: for debugging, for tests, and where no cluster can be had."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from automl.executors.memory import Rooms, free_for_fits, limited
from automl.executors.settings import ExecutorSettings, cpus_for
from automl.executors.worker import DeadlineError, execute, pinned_threads
from automl.jobs import Activity, Done, Job, Outcome, Run, UnderWay
from automl.unraisable import unreported

_AGAIN_S = 0.05  # the alarm rings again until it is heard: a callback from C may swallow the first


class InlineExecutor:
    """Runs the next job when it is waited for.

    Deadlines ring through SIGALRM, so they hold in the main thread only (elsewhere there are none), and a call into
    C is interrupted when it comes back to Python. A job that outlives the `timeout_s` of `wait` is given up and put
    back in front of the queue: the next `wait` starts it anew.
    """

    def __init__(self, run: Run, context: Any, threads: int = 1) -> None:
        self.workers = 1
        self._run = run
        self._context = context
        self._threads = threads
        self._queue: deque[Job] = deque()
        self._running: tuple[Job, float] | None = None  # and when it began
        self._rooms = Rooms()
        self._rooms.open("", free_for_fits(), 1)

    def submit(self, job: Job) -> None:
        """Queue the job."""
        self._queue.append(job)

    def wait(self, timeout_s: float | None = None) -> Done | None:
        """Run the next job and say how it ended. None: nothing is queued, or it did not end in time."""
        if not self._queue:
            return None
        if timeout_s is not None and timeout_s <= 0:
            return None
        job = self._queue[0]
        too_large = self._rooms.too_large(job, [""])
        if too_large is not None:
            self._queue.popleft()
            return too_large
        job = limited(job, self._rooms.claim("", job))
        limits = [limit for limit in (job.timeout_s, timeout_s) if limit is not None]
        limit = min(limits) if limits else None
        self._running = (job, time.monotonic())
        try:
            with pinned_threads(self._threads), _deadline(limit):
                done = execute(self._run, self._context, job)
        except DeadlineError:  # it rang in the moment before or after the job itself
            done = Done(job.key, Outcome.TIMEOUT, error="stopped at its deadline")
        finally:
            self._running = None
        if done.outcome is Outcome.TIMEOUT and limit != job.timeout_s:
            return None
        self._queue.popleft()
        return done

    def activity(self) -> Activity:
        """The job that is being run, seen from another thread."""
        running = self._running  # read once: the thread that runs it may end it in between
        if running is None:
            return Activity(queued=len(self._queue), ready=1)
        job, began = running
        here = UnderWay(job, time.monotonic() - began, "the driver's process")
        return Activity((here,), max(0, len(self._queue) - 1), ready=1)

    def drop(self) -> None:
        """Forget what is queued."""
        self._queue.clear()

    def close(self) -> None:
        """Forget what is queued."""
        self.drop()


def open_inline(run: Run, context: Any, settings: ExecutorSettings) -> InlineExecutor:
    """One worker whatever the settings say. Raises AutomlError (EXE011) for more threads than there are CPUs."""
    cpus_for(settings.threads)
    return InlineExecutor(run, context, settings.threads)


@contextmanager
def _deadline(limit_s: float | None) -> Iterator[None]:
    """Raise DeadlineError in the block once `limit_s` seconds have passed."""
    if limit_s is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    over = time.monotonic() + limit_s

    def ring(_signal: int, frame: FrameType | None) -> None:
        importing = frame is not None and frame.f_code.co_filename.startswith("<frozen importlib")
        if time.monotonic() >= over - _AGAIN_S and not importing:  # its locks and tables stay whole; it rings again
            raise DeadlineError

    with unreported(DeadlineError):  # it rings again
        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, max(limit_s, 1e-6), _AGAIN_S)
        try:
            yield
        finally:
            _silence()
            signal.signal(signal.SIGALRM, before)


def _silence() -> None:
    """Stop the alarm, even where it rings in this very line."""
    while True:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            return
        except DeadlineError:
            continue
