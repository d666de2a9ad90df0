"""Head and nodes, as the executor sees them that has workers there: who is missing, who is gone, when to give up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ray

from automl.errors import error
from automl.executors.nodes import Node
from automl.executors.pipeline import Pipeline
from automl.executors.session import Session
from automl.executors.slots import START_S


@dataclass(eq=False, kw_only=True)
class RaySlot(Pipeline):
    """One worker process, and the node that holds it."""

    actor: Any
    node: Node

    @property
    def place(self) -> str:
        return self.node.name

    @property
    def starts(self) -> bool:
        return self.idle and self.reference is not None


class Cluster:
    """Looks at head and nodes: every few seconds, and after a loss."""

    def __init__(self, session: Session) -> None:
        self._pulse, self._crew, self._threads = session.pulse, session.crew, session.threads
        self._alone_since = time.monotonic()  # when there was a worker last
        self._short = False  # workers are missing that could not be started when they were lost

    @property
    def news(self) -> list[str]:
        """What happened to the nodes, oldest first."""
        return self._crew.news

    @property
    def spreads(self) -> bool:
        """Whether there is or may be more than one node."""
        return self._crew.spreads

    def holds(self, node: Node) -> bool:
        """Whether that node may still be used."""
        return self._crew.holds(node)

    def missing(self, slots: Sequence[RaySlot]) -> list[Node]:
        """Where workers are missing, one entry for each."""
        return self._crew.places(slot.node for slot in slots)

    def look(self) -> bool:
        """See now who is there. False: the head does not answer now, and `has_changed` says when it does."""
        self._short = not self._pulse.beat()
        if not self._short:
            self._crew.look()
        return not self._short

    def has_changed(self, slots: Sequence[RaySlot]) -> bool:
        """Whether nodes came or went, where it is time for a look, or workers could not be started before.

        Raises AutomlError: EXE042 where the head is lost, EXE043 where no node is left.
        """
        self._pulse.check()
        if slots:
            self._alone_since = time.monotonic()
        elif time.monotonic() > self._alone_since + START_S:
            text = f"no worker is left, and no node joined in {START_S:g} s"
            raise error("EXE043", text, hint="what had finished is kept: start nodes, then --resume")
        if (self._crew.due or self._short) and self._pulse.beat() and (self._crew.look() or self._short):
            self._short = False
            return True
        return False

    def start_limit(self, slots: Sequence[RaySlot]) -> float | None:
        """When to give up, while no worker at all is ready. Raises AutomlError (EXE013) where that was before now."""
        if not slots or not all(slot.starts for slot in slots):
            return None
        limit = max(slot.began for slot in slots) + START_S
        if time.monotonic() >= limit:
            free = ray.available_resources().get("CPU", 0)
            text = f"no worker of {self._threads} CPUs started in {START_S:g} s: {free:g} CPUs are free"
            raise error("EXE013", text, hint="the cluster is busy with other work: wait, or ask for fewer CPUs")
        return limit

    def waits_for(self, slots: Sequence[RaySlot]) -> str | None:
        """What keeps the workers from doing more, in words. From any thread."""
        silent = self._pulse.silent_s
        if silent:
            return f"the cluster's head, which has not answered for {silent:.0f} s"
        if not slots:
            return "a node: none is left"
        starting = sorted({slot.node.name for slot in slots if slot.starts})
        cpus = f"{self._threads} CPU{'s' if self._threads > 1 else ''}"
        return f"workers of {cpus} that start on {', '.join(starting[:8])}" if starting else None
