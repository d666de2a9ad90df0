"""Jobs on Ray: one worker process per slot, each at one job at a time, with a deadline and one second chance.

A slot is an actor. It is made ready first (process, imports, the context out of the object store), so that a
deadline counts from the moment at which the job itself begins; a slot that is killed is made ready anew before
its next job. Short jobs wait at the worker already (pipeline.py). Head and nodes: cluster.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import (
    OutOfMemoryError,
    RayError,
    RayTaskError,
)

from automl.errors import error
from automl.executors.cluster import Cluster, RaySlot
from automl.executors.memory import beyond_text, limited
from automl.executors.nodes import Node, pinned_to
from automl.executors.pipeline import CALL_JOBS, Pace, Sent
from automl.executors.pulse import is_disconnect
from automl.executors.ray_worker import actor_class, answers_of, cause_of, put, was_ended, with_its_node, with_retries
from automl.executors.session import Session, start_ray
from automl.executors.settings import ExecutorSettings
from automl.executors.slots import HINT, STARTS, SlotExecutor, Try
from automl.executors.worker import describe
from automl.jobs import Activity, Done, Job, Outcome, Run

_TICK_S = 1.0  # between two looks at head and nodes, while nothing ends
_HEARD_S = 0.5  # a worker that was not heard of for so long may be dead: it is asked before a job counts as begun


class RayExecutor(SlotExecutor[RaySlot]):
    """At most `session.workers` jobs at once, the rest in order of submission. Holds O(workers) beside the queue.

    Jobs that are known to be short reach their worker before it is free (pipeline.py).
    """

    def __init__(
        self, run: Run, context: Any, session: Session, owns_session: bool = False, preload: tuple[str, ...] = ()
    ) -> None:
        super().__init__(session.workers)
        self._preload = preload
        self._session = session
        self._owns_session = owns_session
        self._cluster = Cluster(session)
        self._actor_class = actor_class(session)
        self._free_slots: dict[RaySlot, None] = {}  # in the order in which they became free
        self._pace = Pace()
        self._calls = 0
        self._closed = False
        with self._in_touch():
            self._shared = (run, put(context))
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
        found = super().activity()
        ahead = sum(len(slot.ahead) for slot in tuple(self._slots))
        return replace(found, queued=found.queued + ahead, news=tuple(self._cluster.news))

    def _waits_for(self) -> str | None:
        return self._cluster.waits_for(tuple(self._slots))

    def has_started(self, timeout_s: float) -> bool:
        """Whether a worker is ready for its first job, once one is or so many seconds have passed."""
        limit = time.monotonic() + timeout_s
        with self._in_touch():
            while all(slot.starts for slot in self._slots):
                self._collect(limit)
                if time.monotonic() >= limit:
                    return False
        return True

    def _new_slot(self, node: Node, failed_starts: int = 0) -> RaySlot:
        made = self._actor_class.options(scheduling_strategy=pinned_to(node)) if self._cluster.spreads else None
        actor = (made or self._actor_class).remote(*self._shared)
        ready = actor.ready.remote(self._preload)
        return RaySlot(actor=actor, reference=ready, node=node, host=node.host, failed_starts=failed_starts)

    def _staff(self) -> None:
        """Give up the free workers whose node is gone, and start those that are missing, where there is room."""
        for slot in [slot for slot in self._free_slots if not self._cluster.holds(slot.node)]:
            del self._free_slots[slot]
            self._slots.remove(slot)
        self._slots += [self._new_slot(node) for node in self._cluster.missing(self._slots)]
        self.workers = max(1, len(self._slots))

    def submit(self, job: Job) -> None:
        """Queue the job, and hand it to a free worker."""
        self._queue.append(Try(job))
        if self._free_slots:
            with self._in_touch():
                self._hand_out()

    def wait(self, timeout_s: float | None = None) -> Done | None:
        """As of any executor; raises AutomlError (EXE042, EXE043) too, where head or nodes are lost."""
        with self._in_touch():
            return super().wait(timeout_s)

    def drop(self) -> None:
        """Forget all jobs. A worker that is at one is ended, and another one started in its place."""
        with self._in_touch():
            super().drop()

    @contextmanager
    def _in_touch(self) -> Iterator[None]:
        """Ray Client may give its server up before the pulse does: any call of it may raise that."""
        try:
            yield
        except Exception as problem:
            if not is_disconnect(problem):
                raise
            raise self._session.pulse.loss() from None

    def _hand_out(self) -> None:
        """A call for each free worker; then one ahead for those that are at short jobs."""
        for slot in list(self._free_slots):
            if not self._queue:
                return
            share = self._share()
            work = self._next_for(slot)
            if work is not None:
                del self._free_slots[slot]
                most = 0 if work.alone else share - 1
                self._send(slot, [work, *self._joining(slot, self._pace.seconds(work.job), most)])
        for slot in self._slots if self._queue else ():
            if slot.work is not None and not slot.full and self._pace.room_for(slot.work, 0.0):
                self._send(slot, self._joining(slot, 0.0, self._share()))

    def _share(self) -> int:
        """How many jobs one worker may get at once, so that all have some."""
        return min(CALL_JOBS, -(-len(self._queue) // max(1, len(self._slots))))

    def _joining(self, slot: RaySlot, taken: float, most: int) -> list[Try]:
        """Take jobs off the queue that may join others in a call. They run in the memory that the slot was given."""
        found: list[Try] = []
        while len(found) < most and self._queue and self._pace.room_for(self._queue[0], taken):
            claim = self._rooms.claim(slot.host, self._queue[0].job)
            if claim > slot.claim or not self._rooms.holds(slot.host, self._queue[0].job):
                break
            work = self._queue.popleft()
            taken += self._pace.seconds(work.job)
            found.append(replace(work, job=limited(work.job, claim)))
        return found

    def _send(self, slot: RaySlot, works: list[Try]) -> None:
        """One call with all these jobs, each with a reference of its own."""
        if not works:
            return
        if slot.work is None:
            self._ask(slot)
        self._calls += 1
        call = slot.actor.run.options(num_returns=len(works)) if len(works) > 1 else slot.actor.run
        found = call.remote([work.job for work in works])
        references = found if len(works) > 1 else [found]
        slot.ahead.extend(Sent(*pair, self._calls) for pair in zip(works, references, strict=True))
        if slot.reference is None:
            slot.advance(time.monotonic())

    def _ask(self, slot: RaySlot) -> None:
        """Whether a free worker lives: where it does not, the job that comes next was never with it."""
        now = time.monotonic()
        if now > slot.began + _HEARD_S:
            slot.reference, slot.began = slot.actor.ready.remote(()), now

    def _collect(self, limit: float | None) -> None:
        waiting = [slot.reference for slot in self._slots if slot.reference is not None]
        moments = (limit, self._cluster.start_limit(self._slots), *(slot.deadline for slot in self._slots))
        known = [moment for moment in moments if moment is not None]
        pause = min(_TICK_S, max(0.0, min(known) - time.monotonic())) if known else _TICK_S
        if self._wait_for_one(waiting, pause):
            waiting += [sent.reference for slot in self._slots for sent in slot.ahead]
            ended, _ = ray.wait(waiting, num_returns=len(waiting), timeout=0)
            self._take_in(answers_of(ended))
        if self._cluster.has_changed(self._slots):
            self._staff()

    def _wait_for_one(self, references: list[Any], pause: float) -> bool:
        """Whether one of them is there within `pause` seconds; where there is none to wait for, these pass."""
        if not references:
            time.sleep(pause)
            return False
        return bool(ray.wait(references, num_returns=1, timeout=pause)[0])

    def _take_in(self, answers: dict[Any, Any]) -> None:
        for slot in [slot for slot in self._slots if slot.reference in answers]:
            while slot.reference in answers:
                self._answered(slot, answers[slot.reference])

    def _answered(self, slot: RaySlot, answer: Any) -> None:
        """The worker is ready, its job has ended, or something went wrong."""
        if isinstance(answer, OutOfMemoryError):
            self._lost(slot, "Ray ended the worker: the machine ran out of memory", Outcome.OUT_OF_MEMORY)
            return
        if isinstance(answer, RayError) and not isinstance(answer, RayTaskError):
            with_node = with_its_node(answer)
            if slot.work is not None and not with_node and self._session.pulse.beat() and was_ended(slot.actor):
                self._lost(slot, beyond_text(slot.work.job), Outcome.OUT_OF_MEMORY)
            else:
                self._lost(slot, cause_of(answer), Outcome.FAILED, with_node)
            return
        if isinstance(answer, RayTaskError) and self._take_back(slot):  # one answer for a whole call
            self._replace(slot, 0)
            return
        if isinstance(answer, Exception):  # also one that could not be read here
            self._end(slot, Outcome.FAILED, describe(getattr(answer, "cause", None) or answer))
        elif slot.work is None:
            self._rooms.open(slot.host, answer, sum(other.host == slot.host for other in self._slots))
        else:
            self._pace.note(slot.work.job, answer)
            self._finished.append(with_retries(answer, slot.work.retried))
        slot.failed_starts = 0
        self._free(slot)

    def _lost(self, slot: RaySlot, cause: str, outcome: Outcome, with_node: bool = False) -> None:
        """The worker is gone: try its job once more, and start another worker."""
        starts = slot.starts
        if starts and slot.failed_starts + 1 >= STARTS and self._cluster.holds(slot.node):
            raise error("EXE012", f"a worker cannot be started: {cause}", hint=HINT)
        if self._take_back(slot):
            pass
        elif outcome is not Outcome.FAILED or not self._retry(slot, with_node):
            self._end(slot, outcome, cause, crashed=outcome is Outcome.FAILED)
        if with_node:
            self._doubt(slot.node)
        self._replace(slot, slot.failed_starts + 1 if starts else 0)

    def _doubt(self, node: Node) -> None:
        """Its free workers may be gone, too, and the head may not know it yet: ask them before they are given a job."""
        for slot in self._free_slots:
            if slot.node == node:
                slot.began = -math.inf

    def _has_answered(self, slot: RaySlot) -> bool:
        return bool(ray.wait([slot.reference], timeout=0)[0])

    def _replace(self, slot: RaySlot, failed_starts: int) -> None:
        """On the same node; where that is gone, wherever there is room; later, where the head does not answer now."""
        ray.kill(slot.actor, no_restart=True)
        self._vacate(slot)
        self._free_slots.pop(slot, None)
        slot.reference = None  # nothing of it is awaited any more
        self._slots.remove(slot)
        if self._cluster.look():
            if self._cluster.holds(slot.node):
                self._slots.append(self._new_slot(slot.node, failed_starts))
            self._staff()

    def _take_back(self, slot: RaySlot) -> bool:
        if not slot.ahead:
            return False
        self._queue.extendleft(reversed(slot.take_back()))
        return True

    def _free(self, slot: RaySlot) -> None:
        """Its job has ended: it goes on to the next one, or is free."""
        if not slot.advance(time.monotonic()):
            self._vacate(slot)
            slot.began = time.monotonic()
            self._free_slots[slot] = None


def open_ray(run: Run, context: Any, settings: ExecutorSettings) -> RayExecutor:
    """Start or join Ray as the settings say; `close` ends what was started."""
    session = start_ray(settings.address, settings.workers, settings.threads)
    return RayExecutor(run, context, session, owns_session=True, preload=settings.preload)
