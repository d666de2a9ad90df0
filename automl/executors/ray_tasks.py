"""Jobs on Ray: one worker process per slot, each with one job at a time, a deadline, and one second chance.

A slot is an actor. It is made ready first (process, imports, the context out of the object store), so that a
deadline counts from the moment at which the job itself begins; a slot that is killed is made ready anew before
its next job.
"""

from __future__ import annotations

import os
import socket
import sys
import sysconfig
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import (
    ActorUnavailableError,
    ObjectStoreFullError,
    OutOfDiskError,
    OutOfMemoryError,
    RayError,
    RayTaskError,
)
from ray.experimental.internal_kv import _internal_kv_del, _internal_kv_put

from automl.errors import error
from automl.executors.memory import Rooms, beyond_text, free_for_fits, limited
from automl.executors.pipeline import CALL_JOBS, Pace, Pipeline, Sent
from automl.executors.session import Session, start_ray
from automl.executors.settings import ExecutorSettings
from automl.executors.slots import HINT, STARTS, SlotExecutor, Try
from automl.executors.worker import THREAD_VARIABLES, become_worker, describe, execute
from automl.jobs import Done, Job, Outcome, Run

_START_S = 120.0  # a cluster that gives no worker at all in this time is busy with others' work


@dataclass(eq=False, kw_only=True)
class _Slot(Pipeline):
    """One worker process."""

    actor: Any


class RayExecutor(SlotExecutor[_Slot]):
    """At most `session.workers` jobs at once, the rest in order of submission. Holds O(workers) beside the queue.

    Jobs that are known to be short reach their worker before it is free (pipeline.py).
    """

    def __init__(
        self, run: Run, context: Any, session: Session, owns_session: bool = False, preload: tuple[str, ...] = ()
    ) -> None:
        super().__init__(session.workers)
        self._preload = preload
        hosts = {node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}
        self._rooms = Rooms(-(-session.workers // max(1, len(hosts))))
        self._session = session
        self._owns_session = owns_session
        self._shared = (run, _put(context))
        self._actor_class = _actor_class(session.threads)
        self._slots = [self._new_slot() for _ in range(self.workers)]
        self._free_slots: dict[_Slot, None] = {}  # in the order in which they became free
        self._pace = Pace()
        self._calls = 0
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

    def submit(self, job: Job) -> None:
        """Queue the job, and hand it to a free worker."""
        self._queue.append(Try(job))
        if self._free_slots:
            self._hand_out()

    def _hand_out(self) -> None:
        """A call for each free worker; then one ahead for those that are at short jobs."""
        for slot in list(self._free_slots):
            if not self._queue:
                return
            share = self._share()
            work = self._next_for(slot)
            if work is not None:
                del self._free_slots[slot]
                self._send(slot, [work, *self._joining(slot, self._pace.seconds(work.job), share - 1)])
        for slot in self._slots if self._queue else ():
            if slot.work is not None and not slot.full and self._pace.room_for(slot.work, 0.0):
                self._send(slot, self._joining(slot, 0.0, self._share()))

    def _share(self) -> int:
        """How many jobs one worker may get at once, so that all have some."""
        return min(CALL_JOBS, -(-len(self._queue) // max(1, len(self._slots))))

    def _joining(self, slot: _Slot, taken: float, most: int) -> list[Try]:
        """Take jobs off the queue that may join others in a call. They run in the memory that the slot was given."""
        found: list[Try] = []
        while len(found) < most and self._queue and self._pace.room_for(self._queue[0], taken):
            claim = self._rooms.claim(slot.host, self._queue[0].job)
            if claim > slot.claim:
                break
            work = self._queue.popleft()
            taken += self._pace.seconds(work.job)
            found.append(replace(work, job=limited(work.job, claim)))
        return found

    def _send(self, slot: _Slot, works: list[Try]) -> None:
        """One call with all these jobs, each with a reference of its own."""
        if not works:
            return
        self._calls += 1
        call = slot.actor.run.options(num_returns=len(works)) if len(works) > 1 else slot.actor.run
        found = call.remote([work.job for work in works])
        references = found if len(works) > 1 else [found]
        slot.ahead.extend(Sent(*pair, self._calls) for pair in zip(works, references, strict=True))
        if slot.work is None:
            slot.advance(time.monotonic())

    def _collect(self, limit: float | None) -> None:
        waiting = [slot.reference for slot in self._slots if slot.reference is not None]
        moments = (limit, self._start_limit(), *(slot.deadline for slot in self._slots))
        known = [moment for moment in moments if moment is not None]
        pause = max(0.0, min(known) - time.monotonic()) if known else None
        ready, _ = ray.wait(waiting, num_returns=1, timeout=pause)
        if ready:
            waiting += [sent.reference for slot in self._slots for sent in slot.ahead]
            ended, _ = ray.wait(waiting, num_returns=len(waiting), timeout=0)
            self._take_in(_answers(ended))

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

    def _take_in(self, answers: dict[Any, Any]) -> None:
        for slot in [slot for slot in self._slots if slot.reference in answers]:
            while slot.reference in answers:
                self._answered(slot, answers[slot.reference])

    def _answered(self, slot: _Slot, answer: Any) -> None:
        """The worker is ready, its job has ended, or something went wrong."""
        if isinstance(answer, OutOfMemoryError):
            self._lost(slot, "Ray ended the worker: the machine ran out of memory", Outcome.OUT_OF_MEMORY)
            return
        if isinstance(answer, RayError) and not isinstance(answer, RayTaskError):
            with_node = _with_its_node(answer)
            if slot.work is not None and not with_node and _was_ended(slot.actor):
                self._lost(slot, beyond_text(slot.work.job), Outcome.OUT_OF_MEMORY)
            else:
                self._lost(slot, _cause(answer), Outcome.FAILED, with_node)
            return
        if isinstance(answer, RayTaskError) and self._take_back(slot):  # one answer for a whole call
            self._replace(slot, 0)
            return
        if isinstance(answer, Exception):  # also one that could not be read here
            self._end(slot, Outcome.FAILED, describe(getattr(answer, "cause", None) or answer))
        elif slot.work is None:
            slot.host, free = answer
            self._rooms.open(slot.host, free)
        else:
            self._pace.note(slot.work.job, answer)
            self._finished.append(_with_retries(answer, slot.work.retried))
        slot.failed_starts = 0
        self._free(slot)

    def _lost(self, slot: _Slot, cause: str, outcome: Outcome, with_node: bool = False) -> None:
        """The worker is gone: try its job once more, and start another worker."""
        work = slot.work
        if work is None and slot.failed_starts + 1 >= STARTS:
            raise error("EXE012", f"a worker cannot be started: {cause}", hint=HINT)
        if self._take_back(slot):
            pass
        elif outcome is not Outcome.FAILED or not self._retry(slot, with_node):
            self._end(slot, outcome, cause, crashed=outcome is Outcome.FAILED)
        self._replace(slot, 0 if work is not None else slot.failed_starts + 1)

    def _has_answered(self, slot: _Slot) -> bool:
        return bool(ray.wait([slot.reference], timeout=0)[0])

    def _replace(self, slot: _Slot, failed_starts: int) -> None:
        ray.kill(slot.actor, no_restart=True)
        self._vacate(slot)
        self._free_slots.pop(slot, None)
        slot.reference = None  # nothing of it is awaited any more
        self._slots[self._slots.index(slot)] = self._new_slot(failed_starts)

    def _take_back(self, slot: _Slot) -> bool:
        if not slot.ahead:
            return False
        self._queue.extendleft(reversed(slot.take_back()))
        return True

    def _free(self, slot: _Slot) -> None:
        """Its job has ended: it goes on to the next one, or is free."""
        if not slot.advance(time.monotonic()):
            self._vacate(slot)
            self._free_slots[slot] = None


def open_ray(run: Run, context: Any, settings: ExecutorSettings) -> RayExecutor:
    """Start or join Ray as the settings say; `close` ends what was started."""
    session = start_ray(settings.address, settings.workers, settings.threads)
    return RayExecutor(run, context, session, owns_session=True, preload=settings.preload)


class _Worker:
    """What lives in a worker process: the function and the context, fetched once."""

    def __init__(self, run: Run, context: Any) -> None:
        become_worker(_note_the_end)
        self._run = run
        self._context = context

    def ready(self, preload: tuple[str, ...]) -> tuple[str, int]:
        """Answered once the process, its imports and the context are there: this host, and its memory for fits."""
        for name in preload:
            with suppress(Exception):  # a fit that needs it says so
                import_module(name)
        return socket.gethostname(), free_for_fits()

    def run(self, jobs: list[Job]) -> Done | list[Done]:
        """One job, or one after the other: Ray takes a list for as many results."""
        found = [execute(self._run, self._context, job) for job in jobs]
        return found if len(found) > 1 else found[0]


def _put(context: Any) -> Any:
    """Into the object store, once. Raises AutomlError (EXE030) where neither it nor the disk behind it has room."""
    try:
        return ray.put(context)
    except (ObjectStoreFullError, OutOfDiskError) as problem:
        store = ray.cluster_resources().get("object_store_memory", 0) / 2**20
        text = f"the table fits neither into Ray's object store ({store:.0f} MiB) nor onto the disk behind it"
        hint = "make room in /dev/shm and in the folder for temporary files, or take --executor local"
        raise error("EXE030", f"{text}: {str(problem).splitlines()[0][:200]}", hint=hint) from None


def _note_the_end() -> None:
    """Tell the cluster's head that this worker was ended for its memory: Ray tells nobody its exit code."""
    _internal_kv_put(_note_of(ray.get_runtime_context().get_actor_id()), b"memory")


def _was_ended(actor: Any) -> bool:
    """Whether a dead worker was ended for its memory. Its note is taken away."""
    return bool(_internal_kv_del(_note_of(actor._actor_id.hex())))


def _note_of(actor: str | None) -> bytes:
    return f"automl-ended-{actor}".encode()


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


def _answers(references: list[Any]) -> dict[Any, Any]:
    """What became of each: its value, or in its place what went wrong."""
    try:
        return dict(zip(references, ray.get(references), strict=True))
    except Exception:  # of one of them, or several
        return {reference: _answer(reference) for reference in references}


def _answer(reference: Any) -> Any:
    try:
        return ray.get(reference)
    except Exception as problem:
        return problem


def _with_retries(done: Done, retried: int) -> Done:
    return replace(done, retried=retried) if retried else done


def _with_its_node(problem: BaseException) -> bool:
    """Whether a worker is gone because its node is. Out of touch counts as that: a process that died alone is told of
    by its node within a second, a dead node is missed after several."""
    return isinstance(problem, ActorUnavailableError) or "node has died" in str(problem)


def _cause(problem: BaseException) -> str:
    """One line of Ray's many on why a worker is gone."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    for line in reversed(lines):
        if "Error" in line:
            return line[:300]
    return "its process died (a crash in native code, or killed from outside)"
