"""Addresses, nodes that differ, where workers go, and whether the head answers: without Ray."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from automl.errors import AutomlError
from automl.executors.address import chosen_address, is_client, is_loopback, is_well_formed
from automl.executors.crew import Crew
from automl.executors.nodes import Questions, check_nodes, differences, profile
from automl.executors.pulse import Pulse
from automl.executors.session import Session, start_ray
from automl.executors.settings import ExecutorSettings
from automl.executors.shipping import shipped_code, worker_environment
from automl.machine import PINS, pins_for
from tests.support.jobs import job, obey


@pytest.mark.parametrize(
    ("said", "variable", "found"),
    [
        ((None, None), None, None),
        (("a:1", "b:2"), "c:3", "a:1"),
        ((None, "b:2"), "c:3", "b:2"),
        ((None, None), "c:3", "c:3"),
        ((None, None), "", None),
        (("local", "b:2"), "c:3", None),
        ((None, "auto"), None, "auto"),
    ],
)
def test_which_address_wins(said: tuple[str | None, ...], variable: str | None, found: str | None) -> None:
    environment = {} if variable is None else {"RAY_ADDRESS": variable}
    assert chosen_address(*said, environment=environment) == found


def test_kinds_of_addresses() -> None:
    assert is_client("ray://10.0.0.1:10001") and not is_client("auto") and not is_client(None)
    assert is_loopback("127.0.0.2:6379") and is_loopback("ray://localhost:10001") and not is_loopback("10.0.0.1:6379")


class FakeRay:
    """A cluster whose nodes answer at once: name -> (CPUs, profile)."""

    def __init__(self, **nodes: tuple[int, dict[str, str]]) -> None:
        self.there = nodes
        self.asked: list[str] = []

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {
                "Alive": True,
                "NodeID": name.encode().hex().ljust(56, "0"),
                "NodeManagerAddress": name,
                "NodeManagerHostname": "",
                "Resources": {"CPU": float(cpus)},
            }
            for name, (cpus, _) in self.there.items()
        ]

    def remote(self, **options: Any) -> Any:
        assert options["num_cpus"] == 0, "a busy node must answer, too"
        return lambda function: self

    def options(self, scheduling_strategy: Any) -> FakeRay:
        name = bytes.fromhex(scheduling_strategy.node_id).rstrip(b"\0").decode()
        return type("Bound", (), {"remote": lambda _: self.asked.append(name) or name})()

    def wait(self, references: list[str], num_returns: int, timeout: float) -> tuple[list[str], list[str]]:
        return references, []

    def get(self, reference: str) -> dict[str, str]:
        return self.there[reference][1]


@pytest.fixture(autouse=True)
def _needs_ray() -> None:
    pytest.importorskip("ray.util.scheduling_strategies")


def test_all_nodes_that_differ_are_told_at_once() -> None:
    here = profile()
    ray = FakeRay(
        same=(2, here),
        old=(2, {**here, "numpy": "1.0"}),
        small=(2, {**here, "CPU class": "x86_64-v1", "BLAS": "other"}),
        broken=(2, {"problem": "ModuleNotFoundError: No module named 'pydantic'"}),
        head=(0, {"problem": "never asked: it holds no worker"}),
    )
    with pytest.raises(AutomlError) as raised:
        check_nodes(ray, Questions(ray, {}))
    told = {d.message: (d.code, d.hint or "") for d in raised.value.diagnostics}
    assert [code for code, _ in sorted(told.values())] == ["EXE040", "EXE040", "EXE041"]
    assert any(text == f"node old differs from this machine: numpy is 1.0, here {here['numpy']}" for text in told)
    assert any(text.startswith("node broken cannot run fits: ModuleNotFoundError") for text in told)
    assert not any("same" in text or "node head" in text for text in told)


def test_what_only_the_driver_needs_is_not_compared() -> None:
    assert "optuna" not in profile() and "lightgbm" in profile()
    assert differences(profile(), profile()) == []


def test_absent_libraries_are_named_rather_than_what_came_of_it() -> None:
    here = profile()
    there = {name: value for name, value in here.items() if name not in ("CPU class", "BLAS")}
    told = differences(here, {**there, "numpy": "absent", "problem": "ModuleNotFoundError: No module named 'numpy'"})
    assert told == [f"numpy is absent, here {here['numpy']}"]


def test_pins_name_what_numpy_would_take_beyond_the_class() -> None:
    assert pins_for("x86_64-v3")["OPENBLAS_CORETYPE"] == "Haswell"
    assert "X86_V3" not in pins_for("x86_64-v3")["NPY_DISABLE_CPU_FEATURES"].split()
    assert pins_for("x86_64-v4")["NPY_DISABLE_CPU_FEATURES"] == ""
    assert set(pins_for("something")) == set(PINS)


def test_workers_get_the_drivers_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    found = worker_environment(2, same_machine=False)
    assert found["OPENBLAS_CORETYPE"] == "Haswell" and found["OMP_NUM_THREADS"] == "2"
    assert "NPY_DISABLE_CPU_FEATURES" not in found and "PYTHONPATH" not in found


@pytest.mark.parametrize(
    ("address", "shared"), [(None, True), ("127.0.0.2:6379", True), ("auto", False), ("10.0.0.1:6379", False)]
)
def test_only_workers_of_this_machine_get_its_folders(
    address: str | None, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto` is the cluster that this machine is part of: others may be, too."""
    from automl.executors import session

    monkeypatch.setattr(session, "check_nodes", lambda *_: None)
    monkeypatch.setattr(session, "Pulse", lambda *_: None)
    ray: Any = FakeRay(a=(1, {}))
    ray.get_runtime_context = lambda: type("Context", (), {"gcs_address": "10.0.0.1:6379"})
    found = session._session(ray, ExecutorSettings(address=address), started=False)
    assert ("PYTHONPATH" in found.environment) is shared


def test_what_is_shipped(tmp_path: Any) -> None:
    (tmp_path / "pack" / "inner").mkdir(parents=True)
    for folder in ("pack", "pack/inner"):
        (tmp_path / folder / "__init__.py").touch()
    assert shipped_code(tmp_path / "single.py")["py_modules"][1] == str(tmp_path / "single.py")
    assert shipped_code(tmp_path / "pack" / "inner" / "m.py")["py_modules"][1] == str(tmp_path / "pack")
    assert len(shipped_code(None)["py_modules"]) == 1


def names(crew: Crew, used: list[Any]) -> list[str]:
    return [node.name for node in crew.places(used)]


def test_workers_go_where_most_room_is() -> None:
    ray = FakeRay(a=(4, {}), b=(2, {}), c=(1, {}))
    assert names(Crew(ray, 2, None, None), []) == ["a", "a", "b"]
    crew = Crew(ray, 2, 2, None)
    first = crew.places([])
    assert [node.name for node in first] == ["a", "a"] or {node.name for node in first} == {"a", "b"}
    assert names(crew, first) == []


def test_nodes_come_and_go() -> None:
    here = profile()
    ray = FakeRay(a=(1, here))
    crew = Crew(ray, 1, None, Questions(ray, {}))
    used = crew.places([])
    ray.there["b"] = (2, here)
    ray.there["other"] = (2, {**here, "numpy": "1.0"})
    assert crew.look()
    assert names(crew, used) == ["b", "b"]
    assert not crew.look() and ray.asked.count("other") == 1
    del ray.there["a"]
    assert crew.look() and not crew.holds(used[0])
    assert names(crew, []) == ["b", "b"]
    assert [text.split(":")[0] for text in crew.news] == [
        "node b joined with 2 CPUs",
        "node other joined and is not used",
        "node a is gone; its workers with it",
    ]


def test_a_fixed_number_of_workers_stays() -> None:
    here = profile()
    ray = FakeRay(a=(1, here))
    crew = Crew(ray, 1, 2, Questions(ray, {}))
    used = crew.places([])
    assert len(used) == 1
    ray.there["b"] = (8, here)
    assert crew.look() and names(crew, used) == ["b"]


def test_a_head_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        pulse = Pulse(f"127.0.0.1:{server.getsockname()[1]}", patience_s=0.0)
        assert pulse.beat() and pulse.silent_s == 0.0
        pulse.check()
    try:
        assert not pulse.beat()
        with pytest.raises(AutomlError, match=r"EXE042.*has not answered for.*\n.*--resume"):
            pulse.check()
    finally:
        pulse.stop()


def test_ray_client_without_grpc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automl.executors.joining.find_spec", lambda name: None)
    from automl.executors import joining, session

    with pytest.raises(AutomlError, match=r"EXE010.*needs grpcio"):
        joining.join(None, "ray://127.0.0.1:1", None)
    assert start_ray is session.start_ray


@pytest.mark.parametrize(
    "address", ["auto", "head:6379", "127.0.0.1:1", "[::1]:6379", "ray://head:10001", "ray://[::1]:65535"]
)
def test_addresses_that_may_be(address: str) -> None:
    assert is_well_formed(address)


_NONE = "garbage ray:// ray://head ray://:1 ray:/head:1 http://head:1 RAY://head:1 head:0 head:-1 head:65536 head:x"


@pytest.mark.parametrize("address", ["", " head:1", "head:\u0661", "ray://user@head:1", "head:1/x?y=1", *_NONE.split()])
def test_addresses_that_are_none(address: str) -> None:
    """Ray would take half a minute to say something else."""
    from automl.executors import joining

    assert not is_well_formed(address)
    with pytest.raises(AutomlError, match=r"EXE010.*is not HOST:PORT"):
        joining.join(None, address, None)


class _OfGrpc(Exception):
    """As grpc raises it where the server of this driver has died, and the head lives."""


_OfGrpc.__module__ = "grpc._channel"
_OF_THE_SERVER = "Failure from server:\nTraceback (most recent call last):\n  File x\nRuntimeError: no room"


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (ConnectionError("ray client connection timeout"), "connection timeout\n.*RAY_AUTH_MODE"),
        (ConnectionError("Failed to connect to GCS"), "Failed to connect.*\n.*leave the address out"),
        (ConnectionAbortedError(_OF_THE_SERVER), r"10001': RuntimeError: no room\n.*leave the address out"),
    ],
)
def test_why_a_client_cannot_join(raised: Exception, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, whatever the server has sent; a wrong port and a missing token look alike to Ray Client."""
    from automl.executors import joining

    class Ray:
        def init(self, **_: object) -> None:
            raise raised

    monkeypatch.setattr(joining, "find_spec", lambda name: name)
    monkeypatch.setattr(joining, "_knock", lambda address: None)
    with pytest.raises(AutomlError, match=told):
        joining.join(Ray(), "ray://head:10001", None)


def test_a_head_that_goes_while_nodes_are_asked(ray_cluster: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error with the address, and not one of Ray Client's own."""
    from automl.executors import session

    def lose(*_: object) -> None:
        raise ConnectionError("Ray client has already been disconnected")

    monkeypatch.setattr(session, "_session", lose)
    with pytest.raises(AutomlError, match=r"EXE010.*'ray://head:10001': Ray client has already been disconnected"):
        start_ray("ray://head:10001")


@pytest.mark.parametrize("raised", [ConnectionError("Client is shutting down."), _OfGrpc("NOT_FOUND")])
def test_a_client_whose_server_gave_it_up(
    raised: Exception, ray_cluster: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray Client raises one of these out of whatever is called next, while the head may answer."""
    from automl.executors.ray_tasks import RayExecutor

    def refuse(*_: object, **__: object) -> None:
        raise raised

    executor = RayExecutor(obey, None, start_ray(workers=1))
    try:
        executor.submit(job("first", "echo", value=1))
        monkeypatch.setattr("ray.wait", refuse)
        for call in (executor.wait, lambda: executor.has_started(9.0)):
            with pytest.raises(AutomlError, match=r"EXE042.*has ended this driver's connection\n.*--resume"):
                call()
    finally:
        monkeypatch.undo()
        executor.close()


@pytest.mark.slow
def test_no_node_left_is_told_and_then_an_error(ray_cluster: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose node is gone is not waited for; its job waits for a node, and not for ever."""
    from automl.executors.ray_tasks import RayExecutor

    executor = RayExecutor(obey, None, start_ray(workers=1))
    executor.submit(job("first", "echo", value=1))
    assert executor.wait() is not None
    executor.submit(job("lost", "spin"))
    monkeypatch.setattr("automl.executors.cluster.START_S", 3.0)
    executor._cluster._crew._nodes.clear()
    ray = pytest.importorskip("ray")
    ray.kill(executor._slots[0].actor)
    assert executor.wait(1.5) is None
    seen = executor.activity()
    assert seen.waits_for == "a node: none is left" and (seen.queued, seen.ready, seen.starting) == (1, 0, 0)
    with pytest.raises(AutomlError, match="EXE043"):
        executor.wait()
    executor.close()
