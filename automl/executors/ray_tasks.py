"""Jobs on Ray: one worker process per slot, each with one job at a time, a deadline, and one second chance.

A slot is an actor. It is made ready first (process, imports, the context out of the object store), so that a
deadline counts from the moment at which the job itself begins; a slot that is killed is made ready anew before
its next job.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError

from automl.errors import error
from automl.executors.nodes import Node, pinned_to
from automl.executors.session import Session, start_ray
from automl.executors.settings import ExecutorSettings
from automl.executors.slots import HINT, STARTS, Slot, SlotExecutor
from automl.executors.worker import describe, execute
from automl.jobs import Activity, Done, Job, Outcome, Run

_START_S = 120.0  # a cluster that gives no worker at all in this time is busy with others' work
_TICK_S = 1.0  # between two looks at head and nodes, while nothing ends


@dataclass(eq=False, kw_only=True)
class _Slot(Slot):
    """One worker process. `reference` is what is awaited from it: that it is ready, or the end of `work`."""

    actor: Any
    reference: Any
    node: Node

    @property
    def place(self) -> str:
        return self.node.name

    @property
    def starts(self) -> bool:
        return self.work is None and self.reference is not None


class RayExecutor(SlotExecutor[_Slot]):
    """At most `session.workers` jobs at once, the rest in order of submission. Holds O(workers) beside the queue."""

    def __init__(self, run: Run, context: Any, session: Session, owns_session: bool = False) -> None:
        super().__init__(session.workers)
        self._session = session
        self._owns_session = owns_session
        self._shared = (run, ray.put(context))
        self._crew = session.crew
        self._actor_class = _actor_class(session)
        self._alone_since = time.monotonic()  # when there was a worker last
        self._short = False  # workers are missing that could not be started when they were lost
        self._closed = False
        self._staff()

    def close(self) -> None:
        """End the workers, and Ray if it was started for this executor. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._queue.clear()
        if ray.is_initialized() and not self._session.pulse.lost:
            with suppress(ConnectionError):  # of Ray Client, where the head is gone
                for slot in self._slots:
                    ray.kill(slot.actor, no_restart=True)
        self._slots = []
        if self._owns_session:
            self._session.close()

    def activity(self) -> Activity:
        """What the workers are at, and what happened to the nodes."""
        return replace(super().activity(), news=tuple(self._crew.news))

    def _waits_for(self) -> str | None:
        silent = self._session.pulse.silent_s
        if silent:
            return f"the cluster's head, which has not answered for {silent:.0f} s"
        if not self._slots:
            return "a node: none is left"
        starting = sorted({slot.node.name for slot in tuple(self._slots) if slot.starts})
        cpus = f"{self._session.threads} CPU{'s' if self._session.threads > 1 else ''}"
        return f"{cpus} for each worker that starts, on {', '.join(starting[:8])}" if starting else None

    def _new_slot(self, node: Node, failed_starts: int = 0) -> _Slot:
        made = self._actor_class.options(scheduling_strategy=pinned_to(node)) if self._crew.spreads else None
        actor = (made or self._actor_class).remote(*self._shared)
        return _Slot(actor=actor, reference=actor.ready.remote(), node=node, failed_starts=failed_starts)

    def _staff(self) -> None:
        """Start the workers that are missing, where there is room for them."""
        self._slots += [self._new_slot(node) for node in self._crew.places(slot.node for slot in self._slots)]
        self.workers = max(1, len(self._slots))

    def _attend(self) -> None:
        """See to head and nodes. Raises AutomlError: EXE032 where the head is lost, EXE033 where no node is left."""
        pulse = self._session.pulse
        pulse.check()
        if self._slots:
            self._alone_since = time.monotonic()
        elif time.monotonic() > self._alone_since + _START_S:
            text = f"no worker is left, and no node joined in {_START_S:g} s"
            raise error("EXE033", text, hint="what had finished is kept: start nodes, then --resume")
        if (self._crew.due or self._short) and pulse.beat() and (self._crew.look() or self._short):
            self._short = False
            self._staff()

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
        pause = min(_TICK_S, max(0.0, min(known) - time.monotonic())) if known else _TICK_S
        if self._wait_for_one(list(waiting), pause):
            more, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
            self._take_in(waiting[reference] for reference in more)
        self._attend()

    def _wait_for_one(self, references: list[Any], pause: float) -> bool:
        """Whether one of them is there within `pause` seconds; where there is none to wait for, these pass."""
        if not references:
            time.sleep(pause)
            return False
        try:
            return bool(ray.wait(references, num_returns=1, timeout=pause)[0])
        except ConnectionError:  # of Ray Client, which has given its server up
            raise self._session.pulse.loss() from None

    def _start_limit(self) -> float | None:
        """When to give up, while no worker at all is ready."""
        if not self._slots or any(slot.work is not None or slot.reference is None for slot in self._slots):
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
        if work is None and slot.failed_starts + 1 >= STARTS and self._crew.holds(slot.node):
            raise error("EXE012", f"a worker cannot be started: {cause}", hint=HINT)
        if outcome is not Outcome.FAILED or not self._retry(slot):
            self._end(slot, outcome, cause, crashed=outcome is Outcome.FAILED)
        self._replace(slot, 0 if work is not None else slot.failed_starts + 1)

    def _has_answered(self, slot: _Slot) -> bool:
        return bool(ray.wait([slot.reference], timeout=0)[0])

    def _replace(self, slot: _Slot, failed_starts: int) -> None:
        """On the same node; where that is gone, wherever there is room; later, where the head does not answer now."""
        ray.kill(slot.actor, no_restart=True)
        self._short = not self._session.pulse.beat()
        if not self._short:
            self._crew.look()
        index = self._slots.index(slot)
        if self._short or not self._crew.holds(slot.node):
            del self._slots[index]
        else:
            self._slots[index] = self._new_slot(slot.node, failed_starts)
        if not self._short:
            self._staff()

    @staticmethod
    def _free(slot: _Slot) -> None:
        slot.work = None
        slot.reference = None


def open_ray(run: Run, context: Any, settings: ExecutorSettings) -> RayExecutor:
    """Start or join Ray as the settings say; `close` ends what was started."""
    session = start_ray(settings.address, settings.workers, settings.threads)
    return RayExecutor(run, context, session, owns_session=True)


class _Worker:
    """What lives in a worker process: the function and the context, fetched once."""

    def __init__(self, run: Run, context: Any) -> None:
        self._run = run
        self._context = context

    def ready(self) -> None:
        """Answered once the process, its imports and the context are there."""

    def run(self, job: Job) -> Done:
        return execute(self._run, self._context, job)


def _actor_class(session: Session) -> Any:
    environment = {"env_vars": session.environment}
    limits = {"num_cpus": session.threads, "max_restarts": 0, "max_task_retries": 0, "runtime_env": environment}
    return ray.remote(**limits)(_Worker)


def _with_deaths(done: Done, deaths: int) -> Done:
    return replace(done, retried=deaths) if deaths else done


def _cause(problem: BaseException) -> str:
    """One line of Ray's many on why a worker is gone."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    for line in reversed(lines):
        if "Error" in line:
            return line[:300]
    return "its process died (a crash in native code, or killed from outside)"
