"""The nodes of a cluster, and whether fits come out the same on each: Python, automl, libraries, CPU class, BLAS.

One small task per node asks; what differs from this machine, where the plan and its lock were made, is told for all
nodes at once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from automl.errors import AutomlError, Diagnostic
from automl.machine import PINS, blas, cpu_class, pins_for, versions

DRIVER_ONLY = ("optuna", "pyarrow")  # no fit touches them
ANSWER_S = 120.0  # a node that does not answer in this time is not used
_FITS = "automl.fit"  # what a worker imports first; its own imports are all that a fit needs


@dataclass(frozen=True)
class Node:
    """A node that is alive. `name` is its address, with its host's name. Several may be on one host."""

    id: str
    name: str
    cpus: int
    host: str


def alive_nodes(ray: Any) -> list[Node]:
    """All nodes that are alive, in a fixed order."""
    return sorted((_node(found) for found in ray.nodes() if found["Alive"]), key=lambda node: (node.name, node.id))


def pinned_to(node: Node) -> Any:
    """Ray's scheduling strategy for that node and no other."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node.id, soft=False)


def profile() -> dict[str, str]:
    """What of this process's machine changes the bits of a fit, by name. Runs in a worker of every node.

    `problem` says why no fit can run here.
    """
    found = {name: version for name, version in versions().items() if name not in DRIVER_ONLY}
    try:
        import_module(_FITS)
        return {**found, "CPU class": cpu_class(), "BLAS": blas()}
    except Exception as problem:  # whatever a broken library raises when it is imported
        return {**found, "problem": f"{type(problem).__name__}: {problem}"}


class Questions:
    """Asks nodes for their profiles, and collects the answers as they come."""

    def __init__(self, ray: Any, environment: Mapping[str, str]) -> None:
        self._ray = ray
        options = {"num_cpus": 0, "max_retries": 0, "runtime_env": {"env_vars": dict(environment)}}
        self._task = ray.remote(**options)(profile)
        self._open: dict[Any, tuple[Node, float]] = {}

    def ask(self, node: Node) -> None:
        """Send the question."""
        reference = self._task.options(scheduling_strategy=pinned_to(node)).remote()
        self._open[reference] = (node, time.monotonic() + ANSWER_S)

    def answers(self, timeout_s: float) -> list[tuple[Node, dict[str, str]]]:
        """What has come in: after `timeout_s` seconds, or when all is there. A node that is too late has a problem."""
        if not self._open:
            return []
        ready, _ = self._ray.wait(list(self._open), num_returns=len(self._open), timeout=timeout_s)
        found = [(self._open.pop(reference)[0], self._get(reference)) for reference in ready]
        late = [reference for reference, (_, limit) in self._open.items() if time.monotonic() >= limit]
        text = f"no answer in {ANSWER_S:g} s"
        return found + [(self._open.pop(reference)[0], {"problem": text}) for reference in late]

    def _get(self, reference: Any) -> dict[str, str]:
        try:
            answer: dict[str, str] = self._ray.get(reference)
        except Exception as problem:  # Ray's dozen of types, and whatever the node's Python raised
            return {"problem": error_line(problem, type(problem).__name__)}
        return answer


def check_nodes(ray: Any, questions: Questions) -> None:
    """Ask all nodes that have CPUs. Raises AutomlError with one diagnostic for each that differs (EXE040, EXE041).

    A node that turns out to be gone is none: Ray knows some seconds late.
    """
    for node in alive_nodes(ray):
        if node.cpus > 0:
            questions.ask(node)
    here, found = profile(), questions.answers(ANSWER_S)
    wrong = [(node, answer) for node, answer in found if differences(here, answer)]
    if wrong:
        there = {node.id for node in alive_nodes(ray)}
        wrong = [(node, answer) for node, answer in wrong if node.id in there]
    if wrong:
        raise AutomlError([_diagnostic(node, here, answer) for node, answer in wrong])


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """What differs between two profiles, in words; empty where fits come out the same."""
    if "problem" in there and not any(there.get(name) == "absent" for name in here):
        return [there["problem"]]
    names = [name for name in here if there.get(name, here[name]) != here[name]]
    return [f"{name} is {there[name]}, here {here[name]}" for name in names]


def _diagnostic(node: Node, here: Mapping[str, str], there: Mapping[str, str]) -> Diagnostic:
    found = ", ".join(differences(here, there))
    if "problem" in there and found == there["problem"]:
        hint = "the node needs the driver's Python and libraries; automl itself is sent to it"
        return Diagnostic("error", "EXE041", f"node {node.name} cannot run fits: {found}", hint=hint)
    text = f"node {node.name} differs from this machine: {found}"
    return Diagnostic("error", "EXE040", text, hint=_hint(here, there))


def _hint(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    kernels = [name for name in ("CPU class", "BLAS") if there.get(name, here[name]) != here[name]]
    same = all(there.get(name, value) == value for name, value in here.items() if name not in kernels)
    if not kernels or not same:
        return "install the same versions on all nodes: other versions give other results"
    pins = pins_for(min(here["CPU class"], there["CPU class"]))
    line = " ".join(f"{name}={pins[name]!r}" for name in PINS)
    return f"set the smallest common class where the driver runs, workers are given it too: {line} automl train ..."


def _node(found: Mapping[str, Any]) -> Node:
    address, host, resources = found["NodeManagerAddress"], found["NodeManagerHostname"], found["Resources"]
    name = address if host in ("", address) else f"{address} ({host})"
    return Node(found["NodeID"], name, int(resources.get("CPU", 0)), host or address)


def error_line(problem: BaseException, otherwise: str) -> str:
    """The last of Ray's many lines that names an error."""
    lines = [line.strip() for line in str(problem).splitlines()]
    return next((line for line in reversed(lines) if "Error" in line), otherwise)[:300]
