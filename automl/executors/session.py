"""Ray, started or joined: quiet, what is started here on loopback only, with an object store that fits this machine."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.data.memory import memory_bytes
from automl.errors import error
from automl.executors.address import is_client, is_loopback
from automl.executors.crew import Crew
from automl.executors.joining import cannot_join, join, one_line
from automl.executors.nodes import Questions, alive_nodes, check_nodes
from automl.executors.pulse import Pulse, is_disconnect
from automl.executors.reaper import Reaped
from automl.executors.settings import ExecutorSettings, cpus_for
from automl.executors.shipping import worker_environment

MIB = 2**20
_STORE_LEAST = 80 * MIB  # Ray refuses less than 75 MiB
_OWN_PATIENCE_S = 6.0  # for the head that was started here: nobody starts it anew
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


@dataclass(frozen=True)
class Session:
    """A connection to Ray. `workers` of `threads` CPUs each fit into it now. `close` ends only what was started here.

    `environment`: the variables of every worker; `crew`: which node holds how many of them.
    """

    workers: int
    threads: int
    started: bool
    environment: dict[str, str]
    crew: Crew
    pulse: Pulse
    on_disk: bool = False  # the object store, because /dev/shm is too small: slower
    reaped: Reaped | None = None  # the folder of what was started, and who ends what is left of it
    keeper: threading.Thread | None = None  # in which Ray was started
    _leave: threading.Event = field(default_factory=threading.Event, repr=False)

    def close(self) -> None:
        """Shut down what was started. Safe to call twice."""
        if self._leave.is_set():
            return
        self.pulse.stop()
        if self.started:
            import ray

            with suppress(ConnectionError):  # of Ray Client, where the head is gone
                ray.shutdown()
        if self.reaped is not None:
            self.reaped.close()
        self._leave.set()
        if self.keeper is not None:
            self.keeper.join(timeout=5.0)

    def stay(self) -> None:
        """Wait until it is closed."""
        self._leave.wait()


def start_ray(
    address: str | None = None, workers: int | None = None, threads: int = 1, own_code: Path | None = None
) -> Session:
    """Start Ray on this machine, or join the cluster at `address`. From any thread: it may start while a spec compiles.

    A cluster that this process has joined already is used as it is, and left running. automl itself, and `own_code`
    (the module of a user's own metric), are sent to a cluster that is joined. Raises AutomlError: EXE010 (cannot start
    or join), EXE011 (the workers do not fit, with the numbers), EXE040 and EXE041 (nodes on which fits would not come
    out as here, or not at all).
    """
    asked: Future[Session] = Future()
    settings = ExecutorSettings(workers, threads, address)
    threading.Thread(target=_keep, args=(asked, settings, own_code), name="automl-ray", daemon=True).start()
    return asked.result()


def _keep(asked: Future[Session], wanted: ExecutorSettings, own_code: Path | None) -> None:
    """The thread in which Ray is started. It lives as long as the session: Linux ends Ray's processes together with
    the thread that started them, not with the process (PR_SET_PDEATHSIG)."""
    try:
        session = _connect(wanted, own_code)
    except BaseException as problem:  # handed to the thread that asked
        asked.set_exception(problem)
        return
    asked.set_result(session)
    if session.started:
        session.stay()


def _connect(wanted: ExecutorSettings, own_code: Path | None) -> Session:
    os.environ.update({name: value for name, value in _ENVIRONMENT.items() if name not in os.environ})
    address, threads = wanted.address, wanted.threads
    local = address is None or is_loopback(address)
    with _environment(_LOOPBACK if local else {}):
        import ray

        joined = bool(ray.is_initialized())
        reaped = Reaped() if address is None and not joined else None
        on_disk = reaped is not None and _shm_bytes() < _STORE_LEAST  # before Ray takes some of it
        try:
            if not joined:
                _keep_local(ray, local)
            if reaped is not None:
                cpus = cpus_for(threads)
                with _sigterm_kept():
                    _start(ray, (wanted.workers or cpus // threads) * threads, reaped.folder)
            elif address is not None and not joined:
                with _sigterm_kept():
                    join(ray, address, own_code)
            _hush(ray)
            return _session(ray, wanted, not joined, reaped, on_disk)
        except BaseException as problem:
            if not joined:
                with suppress(ConnectionError):  # of Ray Client, where the head is gone
                    ray.shutdown()
            if reaped is not None:
                reaped.close()
            if address is not None and is_disconnect(problem):
                raise cannot_join(address, problem) from None
            raise


def _session(
    ray: Any, wanted: ExecutorSettings, started: bool, reaped: Reaped | None = None, on_disk: bool = False
) -> Session:
    """The session, with its nodes compared where the cluster is not one that this process has started."""
    address, threads = wanted.address, wanted.threads
    fitting = _fitting_workers(ray, wanted.workers, threads)
    environment = worker_environment(threads, address is None or is_loopback(address))  # `auto` may be any cluster
    questions = None
    if address is not None:
        questions = Questions(ray, environment)
        check_nodes(ray, questions)
    crew = Crew(ray, threads, fitting if address is None else wanted.workers, questions)
    head = address if address is not None and is_client(address) else str(ray.get_runtime_context().gcs_address)
    pulse = Pulse(head, _OWN_PATIENCE_S) if address is None else Pulse(head)
    return Session(fitting, threads, started, environment, crew, pulse, on_disk, reaped, threading.current_thread())


def _start(ray: Any, cpus: int, folder: str) -> None:
    try:
        ray.init(
            address="local",
            num_cpus=cpus,
            num_gpus=0,
            include_dashboard=False,
            object_store_memory=_store_bytes(),
            _temp_dir=folder,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
        )
    except Exception as problem:  # Ray raises a dozen types here
        hint = "--executor local runs without Ray"
        raise error("EXE010", f"cannot start Ray on this machine: {one_line(problem)}", hint=hint) from None


def _fitting_workers(ray: Any, workers: int | None, threads: int) -> int:
    """How many workers of `threads` CPUs the cluster holds; checked, so that none waits for CPUs that never come."""
    nodes = [node.cpus for node in alive_nodes(ray)]
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
    wanted = min(int(_STORE_SHARE * memory_bytes()), int(_SHM_SHARE * _shm_bytes()))
    return max(_STORE_LEAST, wanted)  # where even the least does not fit, Ray takes the disk


def _shm_bytes() -> int:
    """What is free in /dev/shm; huge where there is none."""
    try:
        shm = os.statvfs("/dev/shm")
    except OSError:
        return 2**62
    return shm.f_bavail * shm.f_frsize


def _keep_local(ray: Any, local: bool) -> None:
    """Loopback also where somebody imported Ray before us: then the variable came too late."""
    constants: Any = getattr(getattr(ray, "_private", None), "ray_constants", None)
    if constants is not None and hasattr(constants, "ENABLE_RAY_CLUSTER"):
        constants.ENABLE_RAY_CLUSTER = not local


def _hush(ray: Any) -> None:
    """Ray prints the death of a worker to stdout whatever `log_to_driver` says; here a death is a value. And its client
    logs that it connects anew, whatever `logging_level` says; here the run tells of a head that does not answer."""
    logging.getLogger("ray.util.client.logsclient").disabled = True  # it sets its own level
    inner: Any = getattr(getattr(ray, "_private", None), "worker", None)
    if inner is not None and hasattr(inner, "_worker_logs_enabled"):
        inner._worker_logs_enabled = False


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Ray puts a handler of native code in the place of ours, which prints a stack and aborts the process 3 s later.

    Past Python, whose `signal.signal` is for the main thread alone.
    """
    libc, before = ctypes.CDLL(None), ctypes.create_string_buffer(1024)  # larger than any struct sigaction
    libc.sigaction(signal.SIGTERM, None, before)
    try:
        yield
    finally:
        libc.sigaction(signal.SIGTERM, before, None)


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
