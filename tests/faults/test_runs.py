"""Whole runs on a Ray of their own in which every kind of fit goes wrong, and the runs around a full store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.data import write_spec
from tests.e2e.support import ROOT, asked, events
from tests.faults.driver import FAULTS
from tests.faults.support import Faulty, needs_namespaces, winner

ENDS = {
    "raises": "failed",
    "segfaults": "failed",
    "exits": "failed",
    "killed": "failed",
    "objects": "out_of_memory",
    "booster": "out_of_memory",
    "maps": "out_of_memory",
    "sleeps": "timeout",
    "stubborn": "timeout",
    "blocks": "timeout",
    "floods": "failed",  # it returns no score
    "nan": "failed",
}
MACHINE = 9  # of these ends: the clock's, the memory's, or those of a worker that died
WORLD = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
pytestmark = pytest.mark.slow


def ended(driver: Faulty) -> dict[str, object]:
    """The result of a run that has to end well, and leave nothing."""
    code, out, err = driver.end()
    assert code == 0, (out, err)
    assert "Traceback" not in err
    driver.check_gone()
    told: dict[str, object] = json.loads(out)
    return told


def test_every_fault_in_one_run_on_ray(tmp_path: Path, drivers: list[Faulty]) -> None:
    """The same trials are asked, and the same wins, as where the same fits merely raise."""
    spec = write_spec(tmp_path, 36, search={"trial": {"timeout": "300s", "memory": "300MiB"}})
    plain = {FAULTS: ",".join(["raises"] * len(ENDS))}
    drivers.append(Faulty(tmp_path / "plain", [str(spec), "--executor", "inline"], world=plain).start())
    expected = ended(drivers[0])
    line = [str(spec), "--executor", "ray", "--workers", "2"]
    drivers.append(Faulty(tmp_path / "run", line, world={FAULTS: ",".join(ENDS)}).start())
    found = ended(drivers[1])
    assert asked(tmp_path / "run") == asked(tmp_path / "plain")
    assert winner(found) == winner(expected)
    outcomes = Counter(event["outcome"] for event in events(tmp_path / "run", "finished"))
    del outcomes["ok"]
    assert outcomes == Counter(ENDS.values())
    assert found["clock_events"] == len(events(tmp_path / "run", "decision")) == MACHINE
    assert expected["clock_events"] == 0


def test_a_table_larger_than_the_object_store(tmp_path: Path, drivers: list[Faulty]) -> None:
    """A worker finds its table on the disk then. 120 MB in a store of 80 MiB."""
    program = tmp_path / "store.py"
    program.write_text(STORE_PROGRAM, encoding="utf-8")
    ran = subprocess.run([sys.executable, str(program)], cwd=ROOT, env=WORLD, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ok 15000000.0\nok 15000000.0\n", "")


@needs_namespaces
def test_a_table_that_fits_nowhere_is_told(tmp_path: Path) -> None:
    """Neither in the store nor in the folder for temporary files, which is small as well."""
    program = tmp_path / "store.py"
    program.write_text(STORE_PROGRAM, encoding="utf-8")
    small = "mount -t tmpfs -o size=100m none"
    with tempfile.TemporaryDirectory(prefix="s-", dir="/tmp") as disk:  # short: Ray's sockets lie in it
        lines = f'{small} /dev/shm && {small} {disk} && exec "$0" "$@"'
        line = ["unshare", "-m", "sh", "-c", lines, sys.executable, str(program)]
        ran = subprocess.run(line, cwd=ROOT, env={**WORLD, "TMPDIR": disk}, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("EXE030 the table fits neither into Ray's object store (80 MiB) nor onto the disk")


@needs_namespaces
def test_dev_shm_too_small(tmp_path: Path, spec: Path, drivers: list[Faulty]) -> None:
    """The store lies on the disk, which is said, and nothing else is different."""
    small = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=16m none /dev/shm && exec "$0" "$@"')
    line = [str(spec), "--executor", "ray", "--workers", "1", "--trials", "3"]
    drivers.append(Faulty(tmp_path / "run", line, inside=small).start())
    found = ended(drivers[0])
    drivers.append(Faulty(tmp_path / "plain", [str(spec), "--executor", "inline", "--trials", "3"]).start())
    assert found["digest"] == ended(drivers[1])["digest"]
    warnings: Any = found["warnings"]
    assert [warning["code"] for warning in warnings if warning["code"].startswith("EXE")] == ["EXE031"]


STORE_PROGRAM = """
import numpy as np
import automl.executors.session
from automl.errors import AutomlError
from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from tests.support.jobs import job, obey

automl.executors.session._store_bytes = lambda: 80 * 2**20
try:
    executor = open_executor("ray", obey, {"table": np.ones(15_000_000)}, ExecutorSettings(workers=1))
except AutomlError as told:
    print(told.diagnostics[0].code, told.diagnostics[0].message)
else:
    for number in range(2):
        executor.submit(job(f"k{number}", "sum"))
    while (done := executor.wait()) is not None:
        print(done.outcome.value, done.value)
    executor.close()
"""
