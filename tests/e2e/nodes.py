"""A Ray cluster as a process of its own, on loopback, whose nodes come and die by command.

    python -m tests.e2e.nodes 0 1 1

starts a head of 0 CPUs and two nodes of 1. It answers each line on its stdin with one of JSON: first its address and
nodes (by their ids), then `add CPUS` and `kill ID` (SIGKILL: a node as a machine that lost its power). It ends, with
all that it started, when its stdin ends.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# A dead node is seen after a second or two, instead of half a minute. Read when Ray is imported and started.
os.environ.update(
    RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0",
    RAY_USAGE_STATS_ENABLED="0",
    RAY_health_check_initial_delay_ms="500",
    RAY_health_check_period_ms="500",
    RAY_health_check_timeout_ms="2000",
    RAY_health_check_failure_threshold="3",
)
HOST = "127.0.0.1"
STORE_BYTES = 80 * 2**20


class Nodes:
    """The cluster, and its nodes by id."""

    def __init__(self, cpus: list[int]) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(initialize_head=True, head_node_args=self._arguments(cpus[0], include_dashboard=False))
        self.address = self._cluster.address
        self._nodes: dict[str, Any] = {}
        for count in cpus[1:]:
            self.add(count)

    @staticmethod
    def _arguments(cpus: int, **more: Any) -> dict[str, Any]:
        return {"num_cpus": cpus, "node_ip_address": HOST, "object_store_memory": STORE_BYTES, **more}

    def add(self, cpus: int) -> str:
        """One more node; its id."""
        node = self._cluster.add_node(**self._arguments(cpus))
        self._nodes[node.node_id] = node
        return str(node.node_id)

    def kill(self, node: str) -> str:
        """End a node's processes at once. They are reaped: the workers of a raylet that is a zombie would stay."""
        self._cluster.remove_node(self._nodes.pop(node), allow_graceful=False)
        return node

    def close(self) -> None:
        self._cluster.shutdown()


def main(cpus: list[int]) -> None:
    """Obey until stdin ends."""
    nodes = Nodes(cpus)
    answer({"address": nodes.address, "nodes": list(nodes._nodes)})
    commands = {"add": lambda text: nodes.add(int(text)), "kill": nodes.kill}
    try:
        for line in sys.stdin:
            name, _, argument = line.strip().partition(" ")
            answer({"node": commands[name](argument)})
    finally:
        nodes.close()


def answer(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]])
