"""Jobs in processes of this machine: one per slot, with one job at a time, a deadline, a second chance.

As with Ray, a slot is made ready first (process, imports, the context), so that a deadline counts from the moment at
which the job itself begins. Processes are forked from a warm one (warm.py), never from the driver.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from typing import Any

from automl.errors import error
from automl.executors.local_worker import Shared
from automl.executors.memory import beyond_text, free_for_fits
from automl.executors.settings import ExecutorSettings, cpus_for
from automl.executors.slots import HINT, STARTS, Slot, SlotExecutor
from automl.executors.warm import Warm
from automl.executors.watchdog import EXIT_CODE
from automl.executors.worker import describe
from automl.jobs import Outcome, Run


@dataclass(eq=False, kw_only=True)
class _Slot(Slot):
    """One worker process, by its id, and the driver's end of its pipe. `code`: how it ended, once that is asked for."""

    process: int
    pipe: Connection
    ready: bool = False
    code: int | None = None

    @property
    def place(self) -> str:
        return f"process {self.process}"

    @property
    def starts(self) -> bool:
        return not self.ready


class LocalExecutor(SlotExecutor[_Slot]):
    """At most `workers` jobs at once, the rest in order of submission. Holds O(workers) beside the queue.

    Linux ends the workers together with the thread that started them (PR_SET_PDEATHSIG): use it from one thread.
    """

    def __init__(self, shared: Shared, workers: int, warm: Warm) -> None:
        """`shared`: the run function and the context, as `open_local` makes it; closed with the executor."""
        super().__init__(workers)
        self._warm = warm
        self._rooms.open("", free_for_fits(), workers)
        self._shared = shared
        self._slots = [self._new_slot() for _ in range(workers)]

    def close(self) -> None:
        """End the workers. Safe to call twice."""
        slots, self._slots = self._slots, []
        self._queue.clear()
        for slot in slots:
            self._bury(slot)
        self._shared.close()
        self._warm.close()

    def _new_slot(self, failed_starts: int = 0) -> _Slot:
        pipe, far = Pipe()
        try:
            process = self._warm.start(far.fileno(), self._shared.fileno())
        except OSError as problem:
            raise error("EXE012", f"a worker cannot be started: {problem}", hint=HINT) from None
        finally:
            far.close()  # the worker holds the only other end: when it dies, this one says so
        with suppress(OSError):
            pipe.send(self._shared.parts)
        return _Slot(process=process, pipe=pipe, failed_starts=failed_starts)

    def _hand_out(self) -> None:
        for slot in list(self._slots):
            if slot.ready and slot.work is None and self._queue and self._has_answered(slot):
                self._lost(slot)  # it died while it was free: no job is to blame
                continue
            if slot.ready and slot.work is None and (work := self._next_for(slot)) is not None:
                slot.work = work
                slot.began = time.monotonic()
                with suppress(OSError):  # it died while it was free: its end of the pipe tells
                    slot.pipe.send(slot.work.job)

    def _collect(self, limit: float | None) -> None:
        waiting = {slot.pipe: slot for slot in self._slots if slot.work is not None or not slot.ready}
        known = [moment for moment in (limit, *(slot.deadline for slot in self._slots)) if moment is not None]
        pause = max(0.0, min(known) - time.monotonic()) if known else None
        for pipe in wait_for(list(waiting), pause):
            self._take_in(waiting[pipe])  # type: ignore[index]

    def _take_in(self, slot: _Slot) -> None:
        try:
            answer = slot.pipe.recv()
        except (EOFError, OSError):
            self._lost(slot)
            return
        except Exception as problem:  # the answer could not be read here
            self._end(slot, Outcome.FAILED, describe(problem))
        else:
            if slot.work is not None:
                self._finished.append(replace(answer, retried=slot.work.retried))
            elif answer is not None:
                raise error("EXE012", f"a worker cannot be started: {answer}", hint=HINT)
        self._vacate(slot)
        slot.ready, slot.failed_starts = True, 0

    def _lost(self, slot: _Slot) -> None:
        """The worker is gone: try its job once more, and start another worker."""
        code = self._bury(slot)
        cause = _cause(code)
        if not slot.ready and slot.failed_starts + 1 >= STARTS:
            raise error("EXE012", f"a worker cannot be started: {cause}", hint=HINT)
        if slot.work is not None and code == EXIT_CODE:
            self._end(slot, Outcome.OUT_OF_MEMORY, beyond_text(slot.work.job))
        elif not self._retry(slot):
            self._end(slot, Outcome.FAILED, cause, crashed=True)
        self._replace(slot, 0 if slot.ready else slot.failed_starts + 1)

    def _has_answered(self, slot: _Slot) -> bool:
        return bool(slot.pipe.poll())

    def _replace(self, slot: _Slot, failed_starts: int) -> None:
        self._bury(slot)
        self._vacate(slot)
        self._slots[self._slots.index(slot)] = self._new_slot(failed_starts)

    def _bury(self, slot: _Slot) -> int:
        """End the worker, if it lives; its exit code."""
        if slot.code is None:
            with suppress(ProcessLookupError):
                os.kill(slot.process, signal.SIGKILL)  # not reaped, so the number is still its own
            slot.code = self._warm.reap(slot.process)
            slot.pipe.close()
        return slot.code


def open_local(run: Run, context: Any, settings: ExecutorSettings) -> LocalExecutor:
    """As many workers as asked for, else as fit.

    Raises AutomlError: EXE011 (more threads than there are CPUs), EXE012 (no worker can be started).
    """
    cpus = cpus_for(settings.threads)
    workers = settings.workers or cpus // settings.threads
    shared = settings.shared or Shared((run, context))
    return LocalExecutor(shared, workers, settings.warm or Warm(settings.threads, settings.preload))


def _cause(code: int) -> str:
    """Why a worker is gone, from its exit code."""
    if code == -signal.SIGKILL:
        return "its process was killed from outside (it may be that the machine ran out of memory)"
    if code < 0:
        return f"its process died of {signal.Signals(-code).name} (a crash in native code, or killed from outside)"
    return f"its process ended with exit code {code}"
