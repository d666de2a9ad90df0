"""Clusters of real `ray start` processes, the driver in another one: nodes that lack code, differ, come and go."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from automl.machine import PINS, cpu_class, pins_for
from automl.search.ledger import read_ledger
from tests.support.cluster import RealCluster, driver_environment, python_without_automl

pytestmark = [pytest.mark.slow]
pytest.importorskip("ray", reason="Ray is not installed")

WAIT_S = 240.0
_METRIC = "import numpy as np\n\ndef cost(target, prediction):\n    return float(np.mean((target - prediction) ** 2))\n"
_SPEC = """
version: 1
name: real
data: {path: table.csv, target: y}
metric: %s
search: {budget: {trials: 4}, families: [linear, naive_bayes]}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[RealCluster]:
    opened = RealCluster(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path, "roc_auc")


def write_spec(folder: Path, metric: str) -> Path:
    random = np.random.default_rng(1)
    rows = random.normal(size=(300, 3))
    lines = [f"{a:.4f},{b:.4f},{'yes' if a + c > 0 else 'no'}" for a, b, c in rows]
    (folder / "table.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    (folder / "spec.yaml").write_text(_SPEC % metric)
    return folder / "spec.yaml"


def train(spec: Path, out: str, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`automl train` in a process of its own. Environment variables are those of that process only."""
    command = [sys.executable, "-m", "automl", "train", str(spec), "-o", str(spec.parent / out), *more]
    return subprocess.run(
        command, cwd=spec.parent, env=driver_environment(**environment), capture_output=True, text=True, timeout=WAIT_S
    )


def digest(spec: Path, out: str) -> str:
    return str(json.loads((spec.parent / out / "result.json").read_text())["digest"])


_WHERE = """
import sys
from automl.executors.ray_tasks import RayExecutor
from automl.executors.session import start_ray
from automl.jobs import Job
from automl.rows import ALL
def where(context, job):  # of __main__, so it is sent as it is
    import automl
    return automl.__file__
session = start_ray(sys.argv[1])
session.environment.pop("PYTHONPATH")  # on one machine a node would find the driver's folders
executor = RayExecutor(where, None, session, owns_session=True)
jobs = [Job(str(i), "x", {}, ALL, None) for i in range(20)]
for job in jobs:
    executor.submit(job)
found = [executor.wait() for _ in jobs]
executor.close()
print(sorted({str(done.value or done.error) for done in found}))
"""


def test_nodes_without_automl_get_it_and_the_users_metric(cluster: RealCluster, tmp_path: Path) -> None:
    """Head and node have no automl; the address comes from RAY_ADDRESS; the package is that of one process."""
    python = python_without_automl(tmp_path / "bare")
    cluster.head(cpus=1, python=python)
    cluster.node(3, cpus=1, python=python)
    (tmp_path / "own_cost.py").write_text(_METRIC)
    spec = write_spec(tmp_path, "{function: own_cost.cost, direction: minimise, needs: probability}")
    here = train(spec, "here", "--executor", "inline")
    assert here.returncode == 0, here.stderr
    there = train(spec, "there", RAY_ADDRESS=cluster.address)
    assert there.returncode == 0, there.stderr
    assert "2 workers" in there.stderr
    assert digest(spec, "here") == digest(spec, "there")
    where = subprocess.run(
        [sys.executable, "-c", _WHERE, cluster.address],
        cwd=tmp_path, env=driver_environment(), capture_output=True, text=True, timeout=WAIT_S,
    )  # fmt: skip
    assert "py_modules_files" in where.stdout and where.returncode == 0, where.stdout + where.stderr


def test_another_cpu_class_is_refused_and_can_be_pinned(cluster: RealCluster, spec: Path) -> None:
    """One node's numpy really takes other kernels; pinned where the driver runs, all take the same."""
    if cpu_class() not in ("x86_64-v3", "x86_64-v4"):
        pytest.skip("there is no smaller class here")
    smaller = pins_for("x86_64-v3" if cpu_class() == "x86_64-v4" else "x86_64-v2")
    cluster.head(cpus=0)
    cluster.node(3, cpus=1, environment=smaller)
    cluster.node(4, cpus=1)
    refused = train(spec, "run", "--address", cluster.address)
    assert refused.returncode == 1
    assert "error[EXE040] node 127.0.0.3" in refused.stderr and "CPU class is x86_64-v" in refused.stderr
    assert "127.0.0.4" not in refused.stderr
    assert all(f"{name}={smaller[name]!r}" in refused.stderr for name in PINS)
    pinned = train(spec, "pinned", "--address", cluster.address, **smaller)
    assert pinned.returncode == 0, pinned.stderr


def long_run(spec: Path, address: str, said: Path) -> subprocess.Popen[bytes]:
    """The driver of a run that does not end by itself; all that it says goes to a file."""
    command = [sys.executable, "-m", "automl", "train", str(spec), "-o", "run", "--address", address]
    with said.open("w") as out:
        return subprocess.Popen(
            [*command, "--trials", "100000"], cwd=spec.parent, env=driver_environment(), stdout=out, stderr=out
        )


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end, f"waited too long for {what}"
        time.sleep(0.2)


def test_nodes_join_and_go_and_a_lost_head_is_told(cluster: RealCluster, spec: Path, tmp_path: Path) -> None:
    """The run takes in a node, does without it again, and ends with a clear line and a whole ledger."""
    cluster.head(cpus=1)
    said = tmp_path / "said"
    driver = long_run(spec, cluster.address, said)
    try:
        until(lambda: "search: real, 1 worker" in said.read_text() or driver.poll() is not None, "the search")
        cluster.node(3, cpus=1)
        until(lambda: "note: node 127.0.0.3" in said.read_text() or driver.poll() is not None, "the node")
        assert "joined with 1 CPUs" in said.read_text()
        cluster.kill("node3")
        until(lambda: "is gone; its workers with it" in said.read_text() or driver.poll() is not None, "its end")
        assert driver.poll() is None, said.read_text()
        cluster.kill("head")
        assert driver.wait(WAIT_S) == 1, said.read_text()
    finally:
        driver.kill()
        driver.wait()
    assert "error[EXE042] the head of the Ray cluster at 127.0.0.2:" in said.read_text()
    assert "--resume" in said.read_text()
    assert any(event["event"] == "settled" for event in read_ledger(tmp_path / "run" / "ledger.jsonl").events)


def test_ray_client(cluster: RealCluster, spec: Path, tmp_path: Path) -> None:
    """ray:// from a driver that is no part of the cluster; where the head is lost, nothing speaks but automl."""
    port = cluster.port + 1 if cluster.port < 60000 else cluster.port - 1
    cluster.head(cpus=1, client_port=port)
    here = train(spec, "here", "--executor", "inline")
    assert here.returncode == 0, here.stderr
    address, said = f"ray://127.0.0.2:{port}", tmp_path / "said"
    there = train(spec, "there", "--address", address)
    assert there.returncode == 0, there.stderr
    assert digest(spec, "here") == digest(spec, "there")
    driver = long_run(spec, address, said)
    try:
        until(lambda: " of 100000 trials" in said.read_text() or driver.poll() is not None, "a trial")
        cluster.kill("head")
        assert driver.wait(WAIT_S) == 1, said.read_text()
    finally:
        driver.kill()
        driver.wait()
    assert f"error[EXE042] the head of the Ray cluster at {address}" in said.read_text()
    assert "Log channel" not in said.read_text()


_HOLDER = """
import sys
import ray
ray.init(address=sys.argv[1], log_to_driver=False)
@ray.remote(num_cpus=2)
class Busy:
    def answer(self):
        return "here"
busy = Busy.remote()
for _ in range(2):
    print(ray.get(busy.answer.remote()), flush=True)
    sys.stdin.readline()
"""


def test_a_time_budget_holds_where_others_have_all_cpus(cluster: RealCluster, spec: Path) -> None:
    """Processes of this machine fit the baseline, at least; the cluster is left as it was."""
    cluster.head(cpus=2)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": driver_environment(), "text": True}
    with subprocess.Popen([sys.executable, "-c", _HOLDER, cluster.address], **pipes) as holder:  # type: ignore[call-overload]
        assert holder.stdout.readline() == "here\n"
        ran = train(spec, "run", "--address", cluster.address, "--time", "20s")
        assert ran.returncode == 0, ran.stderr
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "here\n", "the cluster has ended, or what others run on it"
        holder.stdin.close()
    result = json.loads((spec.parent / "run" / "result.json").read_text())
    (warning,) = [warning for warning in result["warnings"] if warning["code"] == "RUN009"]
    assert cluster.address in warning["message"] and result["trials"]["ok"] >= 1
