"""The registry, the settings, and what must not be imported."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl.errors import AutomlError
from automl.executors import open_executor
from automl.executors.session import Session, start_ray
from automl.executors.settings import ExecutorSettings
from tests.support.jobs import job, obey


def test_importing_the_registry_imports_no_ray() -> None:
    code = (
        "import sys, automl.executors, automl.executors.inline, automl.executors.local;"
        "print([m for m in ('ray', 'sklearn', 'optuna', 'lightgbm') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_unknown_name_is_told_with_its_neighbour() -> None:
    with pytest.raises(AutomlError, match=r"(?s)EXE001.*'rya'.*did you mean 'ray'"):
        open_executor("rya", obey, None, ExecutorSettings())


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"threads": -1}])
def test_wrong_settings(wrong: dict[str, int]) -> None:
    with pytest.raises(AutomlError, match="EXE002"):
        ExecutorSettings(**wrong)


def test_too_many_cpus_are_refused_with_the_numbers(ray_cluster: Session) -> None:
    with pytest.raises(AutomlError, match=r"EXE011.*2 workers of 64 CPUs.*4 CPUs, enough for 0"):
        start_ray(workers=2, threads=64)


@pytest.mark.parametrize("name", ["inline", "local"])
def test_too_many_cpus_for_this_machine(name: str) -> None:
    with pytest.raises(AutomlError, match=r"EXE011.*a fit of 4096 CPUs does not fit"):
        open_executor(name, obey, None, ExecutorSettings(threads=4096))


class Unreadable:
    """A context that can be sent, and not be read."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("no number",)


def test_a_worker_that_cannot_start_is_told_with_its_cause() -> None:
    executor = open_executor("local", obey, Unreadable(), ExecutorSettings(workers=1))
    executor.submit(job("never", "echo", value=1))
    with pytest.raises(AutomlError, match=r"EXE012.*ValueError: invalid literal"):
        executor.wait()
    executor.close()


def test_closed_workers_are_gone() -> None:
    executor = open_executor("local", obey, {}, ExecutorSettings(workers=2))
    executor.submit(job("who", "environment", name="HOME"))
    done = executor.wait()
    assert done is not None and Path("/proc", done.worker).exists()
    executor.submit(job("busy", "spin"))
    executor.close()
    assert not Path("/proc", done.worker).exists()
    assert [each.name for each in multiprocessing.active_children()] == []


def test_a_joined_cluster_is_left_running(ray_cluster: Session) -> None:
    import ray

    joined = start_ray(workers=2)
    assert not joined.started
    joined.close()
    joined.close()
    assert ray.is_initialized()


def test_the_cluster_listens_on_loopback_only(ray_cluster: Session) -> None:
    import ray

    assert {node["NodeManagerAddress"] for node in ray.nodes()} == {"127.0.0.1"}


_DRIVER = """
import sys
sys.path.insert(0, sys.argv[1])
from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from tests.support.jobs import job, obey
executor = open_executor("ray", obey, {}, ExecutorSettings(workers=1))
executor.submit(job("dies", "segfault"))
executor.submit(job("lives", "echo", value=5))
found = {done.key: done.value for done in iter(executor.wait, None)}
executor.close()
executor.close()
print(found["lives"], found["dies"])
"""


@pytest.mark.slow
def test_a_driver_in_any_folder_starts_ray_quietly(tmp_path: Path) -> None:
    """Nothing but the driver's own line is printed, and workers import what only the driver's sys.path knows."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "RAY_ADDRESS")}
    home = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, "-c", _DRIVER, home], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=90
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("5 None\n", "", 0)


@pytest.mark.slow
def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    code = (
        "from automl.errors import AutomlError\n"
        "from automl.executors.session import start_ray\n"
        "try:\n    start_ray('127.0.0.1:1')\n"
        "except AutomlError as e:\n    print(e.diagnostics[0].code)\n"
    )
    home = str(Path(__file__).parents[2])
    ran = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, timeout=90)
    assert (ran.stdout, ran.stderr) == ("EXE010\n", "")
