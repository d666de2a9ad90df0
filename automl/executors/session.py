"""Ray, started or joined: quiet, on loopback only, with an object store that fits this machine."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.errors import error
from automl.executors.reaper import Reaped
from automl.executors.settings import cpu_count

MIB = 2**20
_STORE_LEAST = 80 * MIB  # Ray refuses less than 75 MiB
_LOCAL_HOSTS = ("127.", "localhost:")
_KNOCK_S = 5.0
_STORE_SHARE = 0.3  # of the memory that is free
_SHM_SHARE = 0.8  # of what is free in /dev/shm


# Read by Ray when it is imported or started. The second one, made for other systems, is what keeps a cluster of one
# machine on 127.0.0.1: `_node_ip_address="127.0.0.1"` is replaced by the machine's own address (seen with Ray 2.60).
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_COLOR_PREFIX": "0",
    "RAY_worker_niceness": "0",  # by default its workers run at 15: beside other work of the machine they starve
}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@dataclass
class Session:
    """A connection to Ray. `workers` of `threads` CPUs each fit into it. `close` ends only what was started here."""

    workers: int
    threads: int
    started: bool
    on_disk: bool = False  # the object store, because /dev/shm is too small: slower
    reaped: Reaped | None = None  # the folder of what was started, and who ends what is left of it
    _leave: threading.Event = field(default_factory=threading.Event, repr=False)
    _keeper: threading.Thread | None = field(default=None, repr=False)

    def close(self) -> None:
        """Shut down what was started. Safe to call twice."""
        if self._leave.is_set():
            return
        if self.started:
            import ray

            ray.shutdown()
        if self.reaped is not None:
            self.reaped.close()
        self._leave.set()
        if self._keeper is not None:
            self._keeper.join(timeout=5.0)


def start_ray(address: str | None = None, workers: int | None = None, threads: int = 1) -> Session:
    """Start Ray on this machine, or join the cluster at `address`. From any thread: it may start while a spec compiles.

    A cluster that this process has joined already is used as it is, and left running. Raises AutomlError: EXE010
    (cannot start or join), EXE011 (the workers do not fit into the cluster, with the numbers).
    """
    keeper = _Keeper(address, workers, threads)
    thread = threading.Thread(target=keeper.live, name="automl-ray", daemon=True)
    thread.start()
    keeper.ready.wait()
    if keeper.problem is not None:
        raise keeper.problem
    assert keeper.session is not None
    keeper.session._keeper = thread
    return keeper.session


class _Keeper:
    """The thread in which Ray is started. It lives as long as the session: Linux ends Ray's processes together with
    the thread that started them, not with the process (PR_SET_PDEATHSIG)."""

    def __init__(self, address: str | None, workers: int | None, threads: int) -> None:
        self.ready = threading.Event()
        self.session: Session | None = None
        self.problem: BaseException | None = None
        self._wanted = (address, workers, threads)

    def live(self) -> None:
        try:
            self.session = _connect(*self._wanted)
        except BaseException as problem:  # handed to the thread that asked
            self.problem = problem
            self.ready.set()
            return
        self.ready.set()
        if self.session.started:
            self.session._leave.wait()


def _connect(address: str | None, workers: int | None, threads: int) -> Session:
    os.environ.update({name: value for name, value in _ENVIRONMENT.items() if name not in os.environ})
    local = address is None or address.startswith(_LOCAL_HOSTS)
    with _environment(_LOOPBACK if local else {}):
        import ray

        joined = bool(ray.is_initialized())
        small = _shm_bytes() < _STORE_LEAST
        reaped = Reaped() if address is None and not joined else None
        try:
            if not joined:
                _keep_local(ray, local)
                _init(ray, address, (workers or max(1, cpu_count() // threads)) * threads, reaped)
            _hush(ray)
            fitting = _fitting_workers(ray, workers, threads)
        except BaseException:
            if not joined:
                ray.shutdown()
            if reaped is not None:
                reaped.close()
            raise
    return Session(fitting, threads, started=not joined, on_disk=reaped is not None and small, reaped=reaped)


def _init(ray: Any, address: str | None, cpus: int, reaped: Reaped | None) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        if address is not None:
            _knock(address)
            ray.init(address=address, **quiet)
            return
        ray.init(
            address="local",
            num_cpus=cpus,
            num_gpus=0,
            include_dashboard=False,
            object_store_memory=_store_bytes(),
            _temp_dir=None if reaped is None else reaped.folder,
            **quiet,
        )
    except Exception as problem:  # Ray raises a dozen types here
        text = " ".join(str(problem).split())[:300]
        if address is not None:
            hint = "leave run.address out to start Ray on this machine"
            raise error("EXE010", f"cannot join a Ray cluster at {address!r}: {text}", hint=hint) from None
        hint = "--executor local runs without Ray"
        raise error("EXE010", f"cannot start Ray on this machine: {text}", hint=hint) from None


def _fitting_workers(ray: Any, workers: int | None, threads: int) -> int:
    """How many workers of `threads` CPUs the cluster holds; checked, so that none waits for CPUs that never come."""
    nodes = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    fitting = sum(cpus // threads for cpus in nodes)
    wanted = workers or max(1, fitting)
    if fitting >= wanted:
        return wanted
    have = " + ".join(str(cpus) for cpus in nodes) or "0"
    raise error(
        "EXE011",
        f"{wanted} workers of {threads} CPUs do not fit: the cluster's nodes have {have} CPUs, enough for {fitting}",
        hint="ask for fewer --workers, or for fewer search.trial.cpus",
    )


def _store_bytes() -> int:
    """Size of the object store: a share of free memory, as far as /dev/shm holds it."""
    wanted = min(int(_STORE_SHARE * _free_memory()), int(_SHM_SHARE * _shm_bytes()))
    return max(_STORE_LEAST, wanted)  # where even the least does not fit, Ray takes the disk


def _shm_bytes() -> int:
    """What is free in /dev/shm; huge where there is none."""
    try:
        shm = os.statvfs("/dev/shm")
    except OSError:
        return 2**62
    return shm.f_bavail * shm.f_frsize


def _free_memory() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) * 1024, _group_limit())
    except OSError:
        pass
    return 2**31


def _group_limit() -> int:
    """The memory limit of this control group, in bytes; huge where there is none."""
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            return int(text)
    return 2**62


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at HOST:PORT: Ray itself would try for minutes, and print."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdigit():
        socket.create_connection((host, int(port)), timeout=_KNOCK_S).close()


def _keep_local(ray: Any, local: bool) -> None:
    """Loopback also where somebody imported Ray before us: then the variable came too late."""
    constants: Any = getattr(getattr(ray, "_private", None), "ray_constants", None)
    if constants is not None and hasattr(constants, "ENABLE_RAY_CLUSTER"):
        constants.ENABLE_RAY_CLUSTER = not local


def _hush(ray: Any) -> None:
    """Ray prints the death of a worker to stdout whatever `log_to_driver` says; here a death is a value."""
    inner: Any = getattr(getattr(ray, "_private", None), "worker", None)
    if inner is not None and hasattr(inner, "_worker_logs_enabled"):
        inner._worker_logs_enabled = False


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
