"""A Ray cluster as a process of its own, on loopback, whose nodes come and die by command.

    python -m tests.e2e.nodes 0 1 1

starts a head of 0 CPUs and two nodes of 1. It answers each line on its stdin with one of JSON: first its address and
nodes (by their ids), then `add CPUS` and `kill ID` (SIGKILL: a node as a machine that lost its power; ID may be
`head`). It ends, with all that it started, when its stdin ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from types import TracebackType
from typing import Any

from tests.e2e.support import ROOT, session_of

HEAD = "head"
HOST = "127.0.0.1"
STORE_BYTES = 80 * 2**20
GONE_S = 60.0
# On loopback only. A dead node is seen after a second or two, instead of half a minute.
WORLD = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "5000",
    "RAY_health_check_failure_threshold": "4",
}


class Nodes:
    """Such a process, as its parent sees it. `nodes`: the ids of those that live, without the head."""

    def __init__(self, *cpus: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.nodes", *map(str, cpus)],
            cwd=ROOT,
            env={**os.environ, **WORLD},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # Ray's own words on every node that dies
            start_new_session=True,
        )
        told = self._answer()
        self.address: str = told["address"]
        self.nodes: list[str] = told["nodes"]

    def __enter__(self) -> Nodes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(GONE_S)

    def add(self, cpus: int = 1) -> str:
        """One more node; its id."""
        self.nodes.append(self._command(f"add {cpus}"))
        return self.nodes[-1]

    def kill(self, node: str) -> None:
        """kill -9 of the node's processes."""
        self._command(f"kill {node}")
        if node != HEAD:
            self.nodes.remove(node)

    def workers(self) -> list[str]:
        """The processes that work for drivers, free or at a fit."""
        return [name for name in session_of(self._process.pid) if "ray::_Worker" in name]

    def until_free(self) -> None:
        """Wait until no driver's workers live: fails where some outlive their driver."""
        end = time.monotonic() + GONE_S
        while left := self.workers():
            assert time.monotonic() < end, f"still there after {GONE_S:g} s: {left}"
            time.sleep(0.1)

    def _command(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return str(self._answer()["node"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the cluster ended with exit code {self._process.wait()}"
        told: dict[str, Any] = json.loads(line)
        return told


class _Cluster:
    def __init__(self, cpus: list[int]) -> None:
        from ray.cluster_utils import Cluster

        self.cluster = Cluster(initialize_head=True, head_node_args=_arguments(cpus[0]))
        self.nodes: dict[str, Any] = {}
        for count in cpus[1:]:
            self.add(str(count))

    def add(self, cpus: str) -> str:
        node = self.cluster.add_node(**_arguments(int(cpus)))
        self.nodes[node.node_id] = node
        return str(node.node_id)

    def kill(self, node: str) -> str:
        """They are reaped, too: the workers of a raylet that is a zombie would stay."""
        gone = self.cluster.head_node if node == HEAD else self.nodes.pop(node)
        self.cluster.remove_node(gone, allow_graceful=False)
        return node


def _arguments(cpus: int) -> dict[str, Any]:
    return {
        "num_cpus": cpus,
        "node_ip_address": HOST,
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
    }


def _obey(cpus: list[int]) -> None:
    made = _Cluster(cpus)
    _tell({"address": made.cluster.address, "nodes": list(made.nodes)})
    commands = {"add": made.add, "kill": made.kill}
    try:
        for line in sys.stdin:
            name, _, argument = line.strip().partition(" ")
            _tell({"node": commands[name](argument)})
    finally:
        made.cluster.shutdown()


def _tell(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    _obey([int(text) for text in sys.argv[1:]])
