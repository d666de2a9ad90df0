"""The process that workers of this machine are forked from: early, alone, and gone with its driver."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from automl.executors.warm import Warm
from tests.e2e.support import ROOT, until
from tests.support.jobs import job, obey


def parent_of(process: str) -> int:
    return int(Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[1])


def test_workers_find_what_was_imported_early_and_what_was_not() -> None:
    """`colorsys` stands for a library; a name that cannot be imported is left to the fits."""
    warm = Warm(1, ("colorsys", "no_such_module"))
    executor = open_executor("local", obey, {}, ExecutorSettings(workers=2, warm=warm))
    executor.submit(job("loaded", "loaded", name="colorsys"))
    executor.submit(job("other", "loaded", name="chunk"))
    found = {done.key: done.value for done in iter(executor.wait, None)}
    executor.close()
    assert found == {"loaded": True, "other": False}


def test_a_warm_process_that_is_killed_is_started_anew() -> None:
    """Its workers die with it; their jobs are tried once more, as after any death."""
    executor = open_executor("local", obey, {}, ExecutorSettings(workers=2))
    executor.submit(job("first", "echo", value=1))
    first = executor.wait()
    assert first is not None
    executor.submit(job("slow", "sleep", seconds=0.5))
    executor.wait(0.1)
    os.kill(parent_of(first.worker), signal.SIGKILL)
    executor.submit(job("next", "echo", value=2))
    found = {done.key: done.outcome.value for done in iter(executor.wait, None)}
    executor.close()
    assert found == {"slow": "ok", "next": "ok"}


_DRIVER = """
import sys, time
from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from tests.support.jobs import job, obey
executor = open_executor("local", obey, {}, ExecutorSettings(workers=2))
executor.submit(job("who", "echo", value=1))
print(executor.wait().worker, flush=True)
executor.submit(job("busy", "spin"))
time.sleep(600)
"""


def test_nothing_outlives_a_driver_that_is_killed() -> None:
    driver = subprocess.Popen([sys.executable, "-c", _DRIVER], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    worker = driver.stdout.readline().strip()
    warm = str(parent_of(worker))
    assert parent_of(warm) == driver.pid
    driver.kill()
    driver.communicate()
    until(lambda: not any(_lives(process) for process in (worker, warm)), "worker and warm process are gone")


def _lives(process: str) -> bool:
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
