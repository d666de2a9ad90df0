"""A full disk behind stdout or stderr: the answer is missed with a clear line, progress is dropped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.fakes import RESULT

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
# automl.training itself is replaced, for importing the real one takes a second in each new process.
TALKS = f"""
import sys, types
import automl.cli.main as main
from automl.driver.options import Stage
train = types.ModuleType("automl.training")
def run(options, watch):
    for _ in range(9):
        watch(Stage("note", "progress"))
    print("a library's noise")
    return {RESULT!r}
train.train = run
sys.modules["automl.training"] = train
sys.exit(main.main(sys.argv[1:]))
"""


def shell(line: str, *program: str) -> subprocess.CompletedProcess[str]:
    """The program, with its streams as the shell's line says."""
    whole = ["sh", "-c", f'exec "$0" "$@" {line}', sys.executable, *program]
    world = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(whole, capture_output=True, text=True, env=world, check=False)


@pytest.mark.parametrize(
    "arguments", [["--version"], pytest.param(["schema", "--format", "json"], marks=pytest.mark.slow)]
)
def test_an_answer_that_cannot_be_written_is_told_in_one_line(arguments: list[str]) -> None:
    ran = shell(">/dev/full", "-m", "automl", *arguments)
    assert ran.returncode == 1
    head, *hint = ran.stderr.splitlines()
    assert head == "error[CLI007] the answer cannot be written to stdout: No space left on device"
    assert len(hint) == 1 and "Traceback" not in ran.stderr


def test_another_failure_keeps_its_code() -> None:
    ran = shell(">/dev/full", "-m", "automl", "frob", "--format", "json")
    assert (ran.returncode, ran.stderr) == (2, "")


@pytest.mark.parametrize("streams", ["2>/dev/full", "2>/dev/full >/dev/full"])
def test_progress_that_cannot_be_written_ends_no_run(streams: str) -> None:
    ran = shell(streams, "-c", TALKS, "train", "s.yaml", "-v")
    lost = ">/dev/full >" in streams
    assert ran.returncode == (1 if lost else 0)
    assert ("runs/tiny/package" in ran.stdout) != lost and "Traceback" not in ran.stdout


@pytest.mark.slow
def test_a_real_run_whose_progress_is_lost(tmp_path: Path) -> None:
    from tests.cli.support import write_tiny

    line = ["-m", "automl", "train", str(write_tiny(tmp_path)), "-o", str(tmp_path / "run")]
    assert shell("2>/dev/full", *line).returncode == 0
    ran = shell(">/dev/full", *line, "--resume", "-q", "--format", "json")
    assert ran.returncode == 1 and "CLI007" in ran.stderr and "Traceback" not in ran.stderr
