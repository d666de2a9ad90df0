"""A cluster of two hosts that is made up: who is blamed for a lost worker, and who gets how much memory where."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from automl.executors.crew import Crew
from automl.executors.nodes import Questions
from automl.executors.slots import Try
from automl.jobs import Done, Job, Outcome
from tests.support.jobs import job

pytest.importorskip("ray")
from ray.exceptions import RayError

from automl.executors import ray_tasks
from automl.executors.ray_tasks import RayExecutor
from automl.executors.session import Session

GIB = 2**30


class GoneError(RayError):
    """What Ray answers for a worker that is gone."""


@dataclass(eq=False)
class Host:
    """`known`: the head counts it as alive. `opens`: its workers get ready."""

    cpus: int
    free: int = 16 * GIB
    alive: bool = True
    known: bool = True
    opens: bool = True


@dataclass(eq=False)
class Promise:
    """An answer, once there is one."""

    look: Callable[[], Any]


@dataclass(eq=False)
class Actor:
    """A worker. A job `die` ends it, a job `hold` never does anything."""

    name: str
    host: Host
    calls: list[list[str]]
    alive: bool = True

    @property
    def ready(self) -> Any:
        return Method(lambda _preload: [Promise(self._ready)])

    @property
    def run(self) -> Any:
        return Method(self._run)

    def _gone(self) -> GoneError | None:
        if not self.host.alive:
            return GoneError("its node has died")
        return None if self.alive else GoneError("its process died")

    def _ready(self) -> Any:
        return self._gone() or (self.host.free if self.host.opens else None)

    def _run(self, jobs: list[Job]) -> list[Promise]:
        alive = self.alive and self.host.alive
        if alive:
            self.calls.append([one.key for one in jobs])
            self.alive = all(one.params["do"] != "die" for one in jobs)
        return [Promise(lambda one=one: self._gone() or self._done(one)) for one in jobs]

    def _done(self, one: Job) -> Done | None:
        done = Done(one.key, Outcome.OK, value=one.memory_bytes, worker=self.name)
        return None if one.params["do"] == "hold" else done


@dataclass
class Method:
    """`actor.method.remote(...)`, with Ray's way of giving one result or several."""

    call: Callable[[Any], list[Promise]]

    def options(self, num_returns: int) -> Method:
        return self

    def remote(self, argument: Any) -> Any:
        found = self.call(argument)
        return found if len(found) > 1 else found[0]


@dataclass
class World:
    """Stands for the module `ray`, for the head, and for the class of actors."""

    hosts: dict[str, Host]
    actors: list[Actor] = field(default_factory=list)
    calls: list[list[str]] = field(default_factory=list)
    beat = staticmethod(lambda: True)
    check = stop = staticmethod(lambda: None)
    remote = staticmethod(lambda **_options: lambda function: function)
    silent_s, lost = 0.0, False

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {
                "Alive": host.known,
                "NodeID": name,
                "NodeManagerAddress": name,
                "NodeManagerHostname": "",
                "Resources": {"CPU": float(host.cpus)},
            }
            for name, host in self.hosts.items()
        ]

    def options(self, scheduling_strategy: str) -> Any:
        return type("Bound", (), {"remote": lambda _, *_shared: self._actor(scheduling_strategy)})()

    def _actor(self, name: str) -> Actor:
        host = self.hosts[name]
        waits = Host(host.cpus, opens=False)  # Ray waits for a node that it does not know to be dead
        self.actors.append(Actor(name, host if host.alive else waits, self.calls))
        return self.actors[-1]

    def wait(self, promises: list[Promise], num_returns: int = 1, timeout: float = 0.0) -> Any:
        ready = [one for one in promises if one.look() is not None]
        if not ready and timeout:
            time.sleep(min(timeout, 0.01))
        return ready, []

    def kill(self, actor: Actor, no_restart: bool = True) -> None:
        actor.alive = False

    def is_initialized(self) -> bool:
        return False

    def lose(self, name: str, known: bool) -> None:
        """The host dies. `known`: the head has seen it."""
        self.hosts[name].alive, self.hosts[name].known = False, not known


class NoQuestions(Questions):
    """Nobody is asked: no node joins."""

    def __init__(self) -> None:
        super().__init__(World({}), {})


Open = Callable[..., tuple[World, RayExecutor]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """An executor over such hosts, with its workers ready."""

    def open_one(wanted: int | None = None, **hosts: Host) -> tuple[World, RayExecutor]:
        world: Any = World(hosts)
        monkeypatch.setattr(ray_tasks, "ray", world)
        monkeypatch.setattr(ray_tasks, "put", lambda context: context)
        monkeypatch.setattr(ray_tasks, "was_ended", lambda _actor: False)
        monkeypatch.setattr(ray_tasks, "actor_class", lambda _session: world)
        monkeypatch.setattr(ray_tasks, "pinned_to", lambda node: node.id)
        monkeypatch.setattr(ray_tasks, "answers_of", lambda found: {one: one.look() for one in found})
        crew = Crew(world, 1, wanted, NoQuestions())
        session = Session(wanted or sum(host.cpus for host in hosts.values()), 1, False, {}, crew, world)
        executor = RayExecutor(lambda _context, _job: None, None, session)
        assert executor.has_started(1.0)
        return world, executor

    return open_one


def ended(executor: RayExecutor, count: int) -> dict[str, Done]:
    found = [executor.wait(2.0) for _ in range(count)]
    return {done.key: done for done in found if done is not None}


def fit(key: str, need: int | None = None, do: str = "echo", expected_s: float | None = None) -> Job:
    return replace(job(key, do), need_bytes=need, expected_s=expected_s)


@pytest.mark.parametrize("wanted", [None, 8])
def test_free_workers_of_a_dead_node_are_given_up(
    opened: Open, wanted: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automl.executors.crew.LOOK_S", 0.0)
    world, executor = opened(wanted, b=Host(8), a=Host(8))
    world.lose("b", known=True)
    executor.submit(fit("k"))
    done = ended(executor, 1)["k"]
    assert (done.outcome, done.worker) == (Outcome.OK, "a") and done.retried <= 1
    assert [slot.node.name for slot in executor._slots] == ["a"] * 8 and executor.workers == 8


@pytest.mark.parametrize("heard_s", [0.5, -1.0])
def test_a_job_is_not_blamed_for_nodes_that_were_dead(
    opened: Open, monkeypatch: pytest.MonkeyPatch, heard_s: float
) -> None:
    """The head does not know it yet: each of eight free workers there may be tried."""
    monkeypatch.setattr(ray_tasks, "_HEARD_S", heard_s)
    world, executor = opened(b=Host(8), a=Host(1))
    world.lose("b", known=False)
    executor.submit(fit("k"))
    done = ended(executor, 1)["k"]
    assert (done.outcome, done.worker, done.crashed) == (Outcome.OK, "a", False)
    assert done.retried == (1 if heard_s > 0 else 0)


def test_a_job_is_not_blamed_for_a_free_worker_that_was_dead(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_tasks, "_HEARD_S", -1.0)
    world, executor = opened(a=Host(1))
    world.actors[0].alive = False
    executor.submit(fit("k"))
    assert ended(executor, 1)["k"].retried == 0 and len(world.actors) == 2


def test_a_worker_that_is_asked_in_vain_is_given_up(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_tasks, "_HEARD_S", -1.0)
    monkeypatch.setattr("automl.executors.pipeline.ASKED_S", 0.05)
    world, executor = opened(a=Host(1))
    stuck = world.actors[0].host = Host(1, opens=False)
    executor.submit(fit("k"))
    assert stuck.opens is False and executor.activity().starting == 0
    assert (ended(executor, 1)["k"].retried, len(world.actors)) == (0, 2)


def test_each_host_shares_its_memory_among_its_own_workers(opened: Open) -> None:
    _, executor = opened(head=Host(0), a=Host(2), b=Host(8))
    for at in range(10):
        executor.submit(fit(f"k{at}", need=1000))
    found = ended(executor, 10).values()
    assert {(done.worker, done.value) for done in found} == {("a", 8 * GIB), ("b", 2 * GIB)}


def test_what_is_too_large_is_not_a_matter_of_who_starts_first(opened: Open) -> None:
    world, executor = opened(a=Host(2, free=2 * GIB), b=Host(1, free=64 * GIB, opens=False))
    executor.submit(fit("k", need=32 * GIB))
    assert executor.wait(0.05) is None
    world.hosts["b"].opens = True
    done = ended(executor, 1)["k"]
    assert (done.outcome, done.worker) == (Outcome.OK, "b")
    executor.submit(fit("more", need=65 * GIB))
    assert ended(executor, 1)["more"].outcome is Outcome.OUT_OF_MEMORY


def test_a_host_that_never_starts_is_not_waited_for_for_ever(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automl.executors.slots.START_S", 0.05)
    _, executor = opened(a=Host(2, free=2 * GIB), b=Host(1, free=64 * GIB, opens=False))
    executor.submit(fit("k", need=32 * GIB))
    assert ended(executor, 1)["k"].outcome is Outcome.OUT_OF_MEMORY


def test_a_job_that_runs_alone_gets_no_company(opened: Open) -> None:
    world, executor = opened(a=Host(1))
    executor._queue.append(Try(fit("dies", do="die", expected_s=0.001), alone=True))
    executor._queue.extend(Try(fit(f"short{at}", expected_s=0.001)) for at in range(5))
    found = ended(executor, 6)
    assert [len(call) for call in world.calls if "dies" in call] == [1, 1]
    assert max(len(call) for call in world.calls) > 1, "no call was shared: the test tests nothing"
    assert found["dies"].crashed and not any(done.retried for key, done in found.items() if key != "dies")
