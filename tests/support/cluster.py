"""A Ray cluster as people have it: `ray start` processes of their own, on loopback, ended by their process groups.

`ray start` replaces 127.0.0.1 by the machine's own address, and leaves 127.0.0.2 as it is: so every node gets an
address of its own that no other machine can reach.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from contextlib import suppress
from pathlib import Path

import pytest

HOST = "127.0.0.2"
# Others on this machine may have made a token: no node and no driver of a test takes it for its own.
QUIET = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
START_S = 180.0  # a busy machine is no failure


class RealCluster:
    """Head and nodes; `folder` keeps their logs. Ends every process when it is closed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.address = f"{HOST}:{self.port}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        # Ray's socket names are long, and Linux takes at most 107 characters.
        self._ray = Path(f"/tmp/automl-test-{os.getpid()}-{self.port}")

    def head(self, cpus: int = 1, client_port: int | None = None, python: str = sys.executable) -> None:
        """Start the head, and wait for it."""
        client = [] if client_port is None else [f"--ray-client-server-port={client_port}"]
        start = ["--head", f"--port={self.port}", f"--temp-dir={self._ray}", "--include-dashboard=false", *client]
        self._start("head", python, {}, [*start, f"--node-ip-address={HOST}", f"--num-cpus={cpus}"])

    def node(
        self, number: int, cpus: int = 1, python: str = sys.executable, environment: dict[str, str] | None = None
    ) -> None:
        """Start a node at 127.0.0.NUMBER, and wait until it has said that it runs."""
        start = [f"--address={self.address}", f"--node-ip-address=127.0.0.{number}", f"--num-cpus={cpus}"]
        self._start(f"node{number}", python, environment or {}, start)

    def kill(self, name: str) -> None:
        """SIGKILL to everything of the head (`head`) or of a node (`node3`)."""
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """End all processes and delete Ray's files."""
        for name in list(self._processes):
            self.kill(name)
        import shutil

        shutil.rmtree(self._ray, ignore_errors=True)

    def _start(self, name: str, python: str, environment: dict[str, str], arguments: list[str]) -> None:
        """Like a user's shell on that machine: nothing of this process's environment that Python or Ray would read."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "RAY_"))}
        log = self.folder / f"{name}.log"
        command = [python, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats", *arguments]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "--object-store-memory=80000000"],
                env={**kept, **QUIET, **environment},
                cwd=self.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes[name] = process
        end = time.monotonic() + START_S
        while b"Ray runtime started" not in log.read_bytes():
            assert process.poll() is None and time.monotonic() < end, log.read_text(errors="replace")[-2000:]
            time.sleep(0.2)


def driver_environment(**more: str) -> dict[str, str]:
    """The environment of a driver that finds this checkout's automl and tests, and the cluster."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    return {**kept, **QUIET, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


def python_without_automl(folder: Path) -> str:
    """A Python with all libraries of this one, and no automl."""
    venv.create(folder, with_pip=False)
    here = Path(sysconfig.get_path("purelib"))
    there = next((folder / "lib").glob("python*/site-packages"))
    for entry in here.iterdir():
        if "automl" not in entry.name:
            (there / entry.name).symlink_to(entry)
    python = str(folder / "bin" / "python")
    found = subprocess.run([python, "-c", "import numpy, ray, automl"], cwd=folder, env={}, capture_output=True)
    if b"No module named 'automl'" not in found.stderr:
        pytest.skip("no Python without automl can be made here")
    return python


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port
