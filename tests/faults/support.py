"""Drivers with faults, and what must be gone after them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from tests.e2e.support import Driver, until

QUIET_S = 30.0
LONG_S = 400.0


def _may_mount() -> bool:
    try:
        tried = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    except OSError:
        return False
    return tried.returncode == 0


needs_namespaces = pytest.mark.skipif(not _may_mount(), reason="a small disk needs `unshare -m` and mount, as root")


@dataclass
class Faulty(Driver):
    """`automl train` (tests/faults/driver.py) in a process group of its own, with a folder of its own for temporary
    files. `inside`: the beginning of the command line, such as unshare's."""

    inside: tuple[str, ...] = ()
    patience_s: ClassVar[float] = LONG_S  # many things go wrong in these runs

    def start(self) -> Self:
        self.temporary.mkdir(parents=True, exist_ok=True)
        program = [*self.inside, sys.executable, "-m", "tests.faults.driver"]
        return self._launch(program, {"TMPDIR": str(self.temporary)})

    @property
    def temporary(self) -> Path:
        """Its TMPDIR."""
        return self.run.with_name(self.run.name + ".tmp")

    def interrupt(self, number: signal.Signals) -> None:
        """Ctrl-C to the whole group of processes, as a terminal sends it; SIGTERM to the driver, as containers do."""
        assert self.process is not None
        (os.killpg if number is signal.SIGINT else os.kill)(self.process.pid, number)

    def check_gone(self) -> None:
        """Wait until it left nothing: no process, no temporary file, no folder of a Ray, nothing half written."""
        assert self.process is not None and self.process.returncode is not None
        self.until_gone()
        ours = f"automl-ray-{self.process.pid}-*"
        until(lambda: not [*self.temporary.iterdir(), *Path("/tmp").glob(ours)], "no temporary file is left", QUIET_S)
        assert not self.run.exists() or [path.name for path in self.run.glob(".*")] == []
        until(lambda: not list(_watching(ours[:-1])), "its reaper is gone", QUIET_S)


def _watching(folder: str) -> Iterator[int]:
    """Reapers of that folder: they are in no session of ours."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if folder in (place / "cmdline").read_text(errors="replace"):
                yield int(place.name)
        except OSError:
            continue


def winner(told: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a result says of the winner."""
    return told["winner"], told["validation_score"], told["holdout_score"], told["baseline_score"]
