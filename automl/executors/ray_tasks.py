"""Jobs on Ray: one worker process per slot, each with one job at a time, a deadline, and one second chance.

A slot is an actor. It is made ready first (process, imports, the context out of the object store), so that a
deadline counts from the moment at which the job itself begins; a slot that is killed is made ready anew before
its next job.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

from automl.errors import error
from automl.executors.session import Session, start_ray
from automl.executors.settings import ExecutorSettings
from automl.executors.slots import HINT, STARTS, Slot, SlotExecutor
from automl.executors.worker import THREAD_VARIABLES, describe, execute
from automl.jobs import Done, Job, Outcome, Run

_START_S = 120.0  # a cluster that gives no worker at all in this time is busy with others' work


@dataclass(eq=False, kw_only=True)
class _Slot(Slot):
    """One worker process. `reference` is what is awaited from it: that it is ready, or the end of `work`."""

    actor: Any
    reference: Any


class RayExecutor(SlotExecutor[_Slot]):
    """At most `session.workers` jobs at once, the rest in order of submission. Holds O(workers) beside the queue."""

    def __init__(
        self, run: Run, context: Any, session: Session, owns_session: bool = False, preload: tuple[str, ...] = ()
    ) -> None:
        super().__init__(session.workers)
        self._preload = preload
        self._session = session
        self._owns_session = owns_session
        self._shared = (run, ray.put(context))
        self._actor_class = _actor_class(session.threads)
        self._slots = [self._new_slot() for _ in range(self.workers)]
        self._closed = False

    def close(self) -> None:
        """End the workers, and Ray if it was started for this executor. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._queue.clear()
        if ray.is_initialized():
            for slot in self._slots:
                ray.kill(slot.actor, no_restart=True)
        self._slots = []
        if self._owns_session:
            self._session.close()

    def has_started(self, timeout_s: float) -> bool:
        """Whether a worker is ready for its first job, once one is or so many seconds have passed."""
        limit = time.monotonic() + timeout_s
        while all(slot.work is None and slot.reference is not None for slot in self._slots):
            self._collect(limit)
            if time.monotonic() >= limit:
                return False
        return True

    def _new_slot(self, failed_starts: int = 0) -> _Slot:
        actor = self._actor_class.remote(*self._shared)
        return _Slot(actor=actor, reference=actor.ready.remote(self._preload), failed_starts=failed_starts)

    def _hand_out(self) -> None:
        for slot in self._slots:
            if slot.reference is None and self._queue:
                slot.work = self._queue.popleft()
                slot.began = time.monotonic()
                slot.reference = slot.actor.run.remote(slot.work.job)

    def _collect(self, limit: float | None) -> None:
        waiting = {slot.reference: slot for slot in self._slots if slot.reference is not None}
        moments = (limit, self._start_limit(), *(slot.deadline for slot in self._slots))
        known = [moment for moment in moments if moment is not None]
        pause = max(0.0, min(known) - time.monotonic()) if known else None
        ready, _ = ray.wait(list(waiting), num_returns=1, timeout=pause)
        if ready:
            more, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
            self._take_in(waiting[reference] for reference in more)

    def _start_limit(self) -> float | None:
        """When to give up, while no worker at all is ready."""
        if any(slot.work is not None or slot.reference is None for slot in self._slots):
            return None
        limit = max(slot.began for slot in self._slots) + _START_S
        if time.monotonic() >= limit:
            free = ray.available_resources().get("CPU", 0)
            text = f"no worker of {self._session.threads} CPUs started in {_START_S:g} s: {free:g} CPUs are free"
            raise error("EXE013", text, hint="the cluster is busy with other work: wait, or ask for fewer CPUs")
        return limit

    def _take_in(self, slots: Iterable[_Slot]) -> None:
        for slot in slots:
            try:
                answer = ray.get(slot.reference)
            except OutOfMemoryError:
                self._lost(slot, "Ray ended the worker: the machine ran out of memory", Outcome.OUT_OF_MEMORY)
            except RayTaskError as problem:
                self._end(slot, Outcome.FAILED, describe(problem.cause))
                self._free(slot)
            except RayError as problem:
                self._lost(slot, _cause(problem), Outcome.FAILED)
            except Exception as problem:  # the answer could not be read here
                self._end(slot, Outcome.FAILED, describe(problem))
                self._free(slot)
            else:
                if slot.work is not None:
                    self._finished.append(_with_deaths(answer, slot.work.deaths))
                slot.failed_starts = 0
                self._free(slot)

    def _lost(self, slot: _Slot, cause: str, outcome: Outcome) -> None:
        """The worker is gone: try its job once more, and start another worker."""
        work = slot.work
        if work is None and slot.failed_starts + 1 >= STARTS:
            raise error("EXE012", f"a worker cannot be started: {cause}", hint=HINT)
        if outcome is not Outcome.FAILED or not self._retry(slot):
            self._end(slot, outcome, cause, crashed=outcome is Outcome.FAILED)
        self._replace(slot, 0 if work is not None else slot.failed_starts + 1)

    def _has_answered(self, slot: _Slot) -> bool:
        return bool(ray.wait([slot.reference], timeout=0)[0])

    def _replace(self, slot: _Slot, failed_starts: int) -> None:
        ray.kill(slot.actor, no_restart=True)
        self._slots[self._slots.index(slot)] = self._new_slot(failed_starts)

    @staticmethod
    def _free(slot: _Slot) -> None:
        slot.work = None
        slot.reference = None


def open_ray(run: Run, context: Any, settings: ExecutorSettings) -> RayExecutor:
    """Start or join Ray as the settings say; `close` ends what was started."""
    session = start_ray(settings.address, settings.workers, settings.threads)
    return RayExecutor(run, context, session, owns_session=True, preload=settings.preload)


class _Worker:
    """What lives in a worker process: the function and the context, fetched once."""

    def __init__(self, run: Run, context: Any) -> None:
        self._run = run
        self._context = context

    def ready(self, preload: tuple[str, ...]) -> None:
        """Answered once the process, its imports and the context are there."""
        for name in preload:
            with suppress(Exception):  # a fit that needs it says so
                import_module(name)

    def run(self, job: Job) -> Done:
        return execute(self._run, self._context, job)


def _actor_class(threads: int) -> Any:
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads))
    variables["PYTHONPATH"] = os.pathsep.join(_own_folders())
    limits = {"num_cpus": threads, "max_restarts": 0, "max_task_retries": 0, "runtime_env": {"env_vars": variables}}
    return ray.remote(**limits)(_Worker)


def _own_folders() -> list[str]:
    """What only this driver's sys.path knows, beside the interpreter's own folders: workers start elsewhere."""
    libraries = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = dict.fromkeys(Path(entry).resolve() for entry in sys.path)  # '' is the current folder
    return [
        str(folder)
        for folder in folders
        if folder.is_dir()
        and folder.name not in ("site-packages", "dist-packages")
        and not any(folder.is_relative_to(library) for library in libraries)
    ]


def _with_deaths(done: Done, deaths: int) -> Done:
    return replace(done, retried=deaths) if deaths else done


def _cause(problem: BaseException) -> str:
    """One line of Ray's many on why a worker is gone."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    for line in reversed(lines):
        if "Error" in line:
            return line[:300]
    return "its process died (a crash in native code, or killed from outside)"
