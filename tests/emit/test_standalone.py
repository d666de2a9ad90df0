"""A package without automl: linted, typed, installed into a fresh environment from its own lock, tested there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from automl.emit.write import emit_package
from tests.emit import support
from tests.emit.test_golden import strict_trees

pytestmark = pytest.mark.slow

CASES = {
    "linear": lambda: support.request(support.linear_graph("multiclass"), "multiclass"),
    "trees": lambda: support.request(support.tree_graph()),
    "strict": strict_trees,
    "steps": lambda: support.request(support.steps_graph()),
    "constant": lambda: support.request(support.constant_graph()),
}


def command(arguments: list[str], cwd: Path, **environment: str) -> str:
    world = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | environment
    done = subprocess.run(arguments, cwd=cwd, env=world, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("case", CASES)
def test_emitted_sources_are_formatted_linted_and_typed(case: str, tmp_path: Path) -> None:
    package = emit_package(CASES[case](), tmp_path / "package").path
    command([sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length", "120", "."], package)
    command([sys.executable, "-m", "ruff", "check", "."], package)
    command([sys.executable, "-m", "mypy"], package)


@pytest.mark.parametrize("case", ["linear", "trees"])
def test_a_package_runs_from_its_lock_alone(case: str, tmp_path: Path) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        pytest.skip("uv is not installed: no fresh environment can be made")
    package = emit_package(CASES[case](), tmp_path / "package").path
    python = str(tmp_path / "venv" / "bin" / "python")
    command([uv, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")], tmp_path)
    install = [uv, "pip", "install", "--quiet", "--python", python]
    command([*install, "--require-hashes", "--no-deps", "-r", "requirements.lock"], package)
    listed = command([uv, "pip", "list", "--quiet", "--format", "freeze", "--python", python], package)
    expected = {"linear": {"numpy"}, "trees": {"numpy", "lightgbm"}}[case]
    assert {line.split("==")[0] for line in listed.split()} == expected
    support.write_csv(support.table(), tmp_path / "in.csv")
    command([python, "-m", "telco_churn", "predict", "../in.csv", "-o", "../out.csv"], package, PYTHONPATH="src")
    command([*install, "pytest"], package)
    assert "passed" in command([python, "-m", "pytest", "-q", "-p", "no:cacheprovider"], package)
    command([*install, "--require-hashes", "--no-deps", "-r", "requirements-server.lock"], package)
    served = command([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_server.py"], package)
    assert "passed" in served and "skipped" not in served
    command([uv, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), "copy"], copied(package, tmp_path))
    wheel_gives_the_same(tmp_path, install, python)


def copied(package: Path, place: Path) -> Path:
    """Building a wheel may leave files behind: it gets a copy. Returns the folder that holds it."""
    shutil.copytree(package, place / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    return place


def wheel_gives_the_same(place: Path, install: list[str], python: str) -> None:
    """The package as a wheel, installed: its console script predicts the same file."""
    (wheel,) = place.glob("*.whl")
    command([*install, "--no-deps", str(wheel)], place)
    script = str(Path(python).with_name("telco-churn"))
    command([script, "predict", "in.csv", "-o", "wheel.csv"], place)
    assert (place / "wheel.csv").read_bytes() == (place / "out.csv").read_bytes()
