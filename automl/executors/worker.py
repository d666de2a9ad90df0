"""What happens around one job, in whatever process it runs: measured, limited in memory, never raising."""

from __future__ import annotations

import os
import pickle
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from automl.executors.watchdog import Watchdog, status_bytes
from automl.jobs import Done, Job, Outcome, Run

# Read when numpy and the OpenMP runtime load, so they must be set before the process starts.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_ERROR_LENGTH = 500
_HEADROOM = 2**28  # more than can be touched between two looks of the watchdog
_MORE = 2**30
_ALLOCATION_FAILURES = ("bad_alloc", "bad allocation", "Unable to allocate", "Cannot allocate memory")


_WATCHDOGS: list[Watchdog] = []  # of a worker process, one; of any other process, none


class DeadlineError(BaseException):
    """The job's time is over. Not an Exception, so that a fit that catches everything does not swallow it."""


@dataclass(frozen=True)
class _Meter:
    """What the process had used when the job began."""

    wall: float
    cpu: float
    resident: int

    @classmethod
    def start(cls) -> _Meter:
        _forget_peak()
        return cls(time.monotonic(), time.process_time(), status_bytes("VmRSS"))

    def done(self, job: Job, outcome: Outcome, value: object | None = None, text: str | None = None) -> Done:
        return Done(
            key=job.key,
            outcome=outcome,
            value=value,
            error=text,
            wall_s=time.monotonic() - self.wall,
            cpu_s=time.process_time() - self.cpu,
            peak_bytes=max(0, status_bytes("VmHWM") - self.resident),
            worker=str(os.getpid()),
        )


def execute(run: Run, context: Any, job: Job) -> Done:
    """Run one job here. Whatever it raises becomes an outcome; only KeyboardInterrupt passes through.

    The result must survive pickle with every executor, so that none accepts what another refuses.
    """
    meter = _Meter.start()
    try:
        with memory_limit(job.memory_bytes, job.again):
            value = run(context, job)
        pickle.dumps(value, protocol=5, buffer_callback=_leave_out)
    except KeyboardInterrupt:
        raise
    except DeadlineError:
        return meter.done(job, Outcome.TIMEOUT, text=timeout_text(job))
    except BaseException as problem:  # SystemExit of a library too: a trial never ends a worker
        outcome = Outcome.OUT_OF_MEMORY if _is_memory_problem(problem) else Outcome.FAILED
        return meter.done(job, outcome, text=describe(problem))
    return meter.done(job, Outcome.OK, value)


def become_worker(ended: Callable[[], None] = lambda: None) -> None:
    """Make this process one that may be ended for its memory, and that writes nothing to any terminal or log.

    `ended` is called before it is ended so. What native code writes to stderr would else fill Ray's log files.
    """
    for descriptor, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        sink = os.open(os.devnull, mode)
        os.dup2(sink, descriptor)
        os.close(sink)
    if sys.platform.startswith("linux") and not _WATCHDOGS:
        _WATCHDOGS.append(Watchdog(ended))


def import_if_there(modules: Iterable[str]) -> None:
    """Import what fits will need, before the first one. What cannot be imported is left to the fit that needs it."""
    for name in modules:
        with suppress(Exception):
            import_module(name)


def timeout_text(job: Job) -> str:
    """What the leaderboard says of a job that ran out of time."""
    return f"stopped at its deadline of {job.timeout_s:g} s" if job.timeout_s is not None else "stopped at its deadline"


def describe(problem: BaseException) -> str:
    """Type, message and the last place in the code, on one line; no traceback and no path of this machine."""
    message = " ".join(str(problem).split())
    text = type(problem).__name__ + (f": {message}" if message else "")
    if len(text) > _ERROR_LENGTH:
        text = text[: _ERROR_LENGTH - 3] + "..."
    frames = traceback.extract_tb(problem.__traceback__)
    if not frames:
        return text
    last = frames[-1]
    return f"{text} ({Path(last.filename).name}:{last.lineno} in {last.name})"


@contextmanager
def memory_limit(extra: int | None, again: bool = False) -> Iterator[None]:
    """At most `extra` bytes of private memory beyond what the process holds now; MemoryError beyond. None: no limit.

    RLIMIT_DATA leaves shared memory out (a table in a shared store costs nothing here), unlike RLIMIT_AS. In a worker
    it stands above the limit, which the watchdog holds; and higher still where the worker has died under this fit
    (`again`), for native code may die where it is refused memory.
    """
    if extra is None or not sys.platform.startswith("linux"):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    above = _HEADROOM + extra // 4 + (_MORE if again else 0) if _WATCHDOGS else 0
    limits = [status_bytes("VmData") + extra + above, *(n for n in (soft, hard) if n != resource.RLIM_INFINITY)]
    for watchdog in _WATCHDOGS:
        watchdog.limit(extra, min(limits))
    resource.setrlimit(resource.RLIMIT_DATA, (min(limits), hard))
    try:
        yield
    finally:
        for watchdog in _WATCHDOGS:
            watchdog.lift()
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextmanager
def pinned_threads(threads: int) -> Iterator[None]:
    """Limit the thread pools that are loaded by now; those loaded later follow the environment."""
    import threadpoolctl

    with threadpoolctl.threadpool_limits(limits=threads):
        yield


def _leave_out(_: pickle.PickleBuffer) -> None:
    """Arrays stay where they are while picklability is tried: a false answer means out of band."""


def _is_memory_problem(problem: BaseException) -> bool:
    seen: BaseException | None = problem
    for _ in range(8):  # a cause of a cause; bounded, for a chain may be a ring
        if seen is None:
            return False
        if isinstance(seen, MemoryError) or any(text in str(seen) for text in _ALLOCATION_FAILURES):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _forget_peak() -> None:
    """Let VmHWM start anew, so that the peak is this job's and not that of the worker's life."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
