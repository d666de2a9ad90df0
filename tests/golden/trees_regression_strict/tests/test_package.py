"""The package as a whole: it refuses changed files, predicts files, and refits to the same bytes."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import house_prices
from house_prices.integrity import HERE, read_manifest
from house_prices.schema import FIELDS
from test_predictions import ROWS

NAME = "house_prices"
NEEDED = ["lightgbm", "narwhals", "numpy", "scipy"]
DATA = os.environ.get("TRAINING_DATA", "")


def run(source: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", NAME, *arguments]
    return subprocess.run(command, env=environment, cwd=source, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources and the manifest, as a wheel lays them out."""
    shutil.copytree(HERE, tmp_path / NAME, ignore=shutil.ignore_patterns("__pycache__", "manifest.json"))
    original = next(path for path in (HERE / "manifest.json", HERE.parents[1] / "manifest.json") if path.is_file())
    shutil.copy(original, tmp_path / NAME / "manifest.json")
    return tmp_path


def test_info_names_the_package(copy: Path) -> None:
    done = run(copy, "info")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["digest"] == read_manifest().digest


@pytest.mark.parametrize("path", ["pipeline.py", "scoring/state.py", "artifacts/codes.json"])
def test_a_changed_file_is_refused(copy: Path, path: str) -> None:
    with (copy / NAME / path).open("ab") as file:
        file.write(b"\n")
    done = run(copy, "info")
    assert done.returncode == 1
    assert f"{path} was changed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_the_package_s_own_is_refused(copy: Path) -> None:
    (copy / NAME / "artifacts" / "more.json").write_text("{}", encoding="utf-8")
    assert "artifacts/more.json is not in the manifest" in run(copy, "info").stderr


def test_a_file_is_predicted_row_by_row(copy: Path, tmp_path: Path) -> None:
    names = [field.name for field in FIELDS]
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows([{name: "" if row[name] is None else row[name] for name in names} for row in ROWS])
    done = run(copy, "predict", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        found = [row["prediction"] for row in csv.DictReader(file)]
    assert found == [str(value) for value in house_prices.predict(ROWS).tolist()]


def test_wrong_input_is_said_in_one_line(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("nothing of use\n1\n", encoding="utf-8")
    done = run(copy, "check", str(tmp_path / "in.csv"))
    required = [field for field in FIELDS if field.required]
    assert done.returncode == (1 if required else 0)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not DATA, reason="the training data is not here: set TRAINING_DATA to its file")
@pytest.mark.skipif(any(find_spec(name) is None for name in NEEDED), reason="the extra 'refit' is not installed")
def test_a_refit_gives_the_same_bytes(copy: Path) -> None:
    done = run(copy, "refit", "--data", *[str(Path(path).resolve()) for path in DATA.split(os.pathsep)], "--check")
    assert done.returncode == 0, done.stdout + done.stderr
