"""Which node holds how many workers, while nodes come and go.

Workers are placed here and not by Ray: a node whose fits would come out otherwise gets none, and a worker whose node
is gone is given up instead of being waited for.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from automl.executors.nodes import Node, Questions, alive_nodes, differences, profile

LOOK_S = 5.0  # between two looks at the cluster


class Crew:
    """The nodes that may hold workers of `threads` CPUs each; `wanted` of them in all (None: as many as fit)."""

    def __init__(self, ray: Any, threads: int, wanted: int | None, questions: Questions | None) -> None:
        self._ray = ray
        self._threads = threads
        self._wanted = wanted
        self._questions = questions  # None: nodes are what they are; nothing joins a cluster of our own
        self._nodes = {node.id: node for node in alive_nodes(ray)}
        self._known = set(self._nodes)  # asked, whatever they answered
        self._looked = time.monotonic()
        self.news: list[str] = []

    @property
    def spreads(self) -> bool:
        """Whether there is or may be more than one node."""
        return self._questions is not None or len(self._nodes) > 1

    def holds(self, node: Node) -> bool:
        """Whether that node may still be used."""
        return node.id in self._nodes

    def places(self, used: Iterable[Node]) -> list[Node]:
        """Where workers are missing, one entry for each: the node with the most room first."""
        taken = Counter(node.id for node in used)
        room = {node.id: node.cpus // self._threads - taken[node.id] for node in self._nodes.values()}
        free = sum(left for left in room.values() if left > 0)
        missing = free if self._wanted is None else min(free, self._wanted - taken.total())
        found = []
        for _ in range(missing):
            best = max(room, key=lambda id_: room[id_])
            room[best] -= 1
            found.append(self._nodes[best])
        return found

    @property
    def due(self) -> bool:
        """Whether it is time for a look."""
        return time.monotonic() >= self._looked + LOOK_S

    def look(self) -> bool:
        """See who is there: the head must answer now. True: nodes came or went."""
        self._looked = time.monotonic()
        there = {node.id: node for node in alive_nodes(self._ray)}
        gone = [node for id_, node in self._nodes.items() if id_ not in there]
        for node in gone:
            del self._nodes[node.id]
            self._known.discard(node.id)
            self.news.append(f"node {node.name} is gone; its workers with it")
        return self._welcome(there.values()) or bool(gone)

    def _welcome(self, there: Iterable[Node]) -> bool:
        """Ask who is new, and take in who has answered, and would fit as here."""
        if self._questions is None:
            return False
        for node in there:
            if node.id not in self._known and node.cpus >= self._threads:
                self._known.add(node.id)
                self._questions.ask(node)
        joined = False
        for node, answer in self._questions.answers(0.0):
            wrong = differences(profile(), answer)
            if wrong:
                self.news.append(f"node {node.name} joined and is not used: {', '.join(wrong)}")
                continue
            self._nodes[node.id] = node
            self.news.append(f"node {node.name} joined with {node.cpus} CPUs")
            joined = True
        return joined
