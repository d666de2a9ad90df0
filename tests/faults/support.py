"""Drivers with faults, and what must be gone after them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support import ROOT, Driver, until

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
    files. `world`: further environment; `inside`: the beginning of the command line, such as unshare's."""

    world: Mapping[str, str] = field(default_factory=dict)
    inside: tuple[str, ...] = ()

    def start(self) -> Faulty:
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._stopped.unlink(missing_ok=True)
        line = [sys.executable, "-m", "tests.faults.driver", self.point, str(self._stopped), "train", *self.arguments]
        own = {"AUTOML_TEST_DELAY": str(self.delay_s), "TMPDIR": str(self.temporary)}
        self.process = subprocess.Popen(
            [*self.inside, *line, "-o", str(self.run), "--format", "json"],
            cwd=ROOT,
            env={**os.environ, **own, **self.world},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    @property
    def temporary(self) -> Path:
        """Its TMPDIR."""
        return self.run.with_name(self.run.name + ".tmp")

    def end(self) -> tuple[int, str, str]:
        """Wait for its end, for long: many things go wrong in these runs."""
        assert self.process is not None
        out, err = self.process.communicate(timeout=LONG_S)
        return self.process.returncode, out, err

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
