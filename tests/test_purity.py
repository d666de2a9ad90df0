"""`automl compile` is a function of spec and data: not of folder, hash seed, locale, clock or zone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.tables import mixed, write_table

ROOT = Path(__file__).parents[1]
NAMES = ("bank", "bike", "car")
HEAVY = ("ray", "sklearn", "lightgbm", "optuna", "pandas", "scipy", "jinja2", "matplotlib")

# Sets locale and clock, calls the command line, then tells which modules came with it.
CHILD = """
import datetime, json, locale, sys, time
days = float(sys.argv[1])
if days:
    moved = time.time() + 86400 * days
    time.time, time.time_ns = lambda: moved, lambda: int(moved * 1e9)
    real = datetime.datetime
    class Moved(real):
        @classmethod
        def now(cls, tz=None):
            return real.fromtimestamp(moved, tz)
        @classmethod
        def utcnow(cls):
            return real.fromtimestamp(moved, datetime.timezone.utc).replace(tzinfo=None)
        today = now
    class Day(datetime.date):
        @classmethod
        def today(cls):
            return Moved.now().date()
    datetime.datetime, datetime.date = Moved, Day
locale.setlocale(locale.LC_ALL, "")
from automl.cli.main import main
codes = [main(arguments) for arguments in json.loads(sys.argv[2])]
told = {"codes": codes, "modules": sorted(sys.modules), "year": datetime.datetime.now().year}
print(json.dumps(told), file=sys.stderr)
"""


def child(
    folder: Path, commands: Sequence[Sequence[str]], days: float = 0, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Runs command lines in a process of its own, in `folder`. Returns what it tells of itself."""
    arguments = [sys.executable, "-c", CHILD, str(days), json.dumps(commands)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "TZ"))}
    ended = subprocess.run(
        arguments, cwd=folder, env={**clean, **(environment or {})}, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stderr.splitlines()[-1])
    assert told["codes"] == [0] * len(commands), ended.stderr
    return told


def copied(folder: Path) -> Path:
    """The example specs with their data, and one with every kind of column, somewhere else."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "specs" / "data", folder / "data")
    for name in NAMES:
        shutil.copy(ROOT / "specs" / f"{name}.yaml", folder)
    write_table(folder / "kinds.csv", mixed(300))
    text = "version: 1\nname: kinds\ndata:\n  path: kinds.csv\n  target: grade\n  group: owner\n"
    (folder / "kinds.yaml").write_text(text, encoding="utf-8")
    return folder


def compiled(folder: Path, days: float = 0, environment: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """All specs of the folder compiled in one process; what was written."""
    child(
        folder,
        [["-q", "compile", f"{name}.yaml", "-o", f"{name}.json"] for name in (*NAMES, "kinds")],
        days,
        environment,
    )
    return {name: (folder / name).read_bytes() for name in ("automl.lock", *(f"{n}.json" for n in (*NAMES, "kinds")))}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Compiled in a plain place on a plain day."""
    plain = {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    return compiled(copied(tmp_path_factory.mktemp("plain") / "a"), environment=plain)


def _turkish() -> list[str]:
    """Where i is no lower-case I; where it is installed."""
    found = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.split()
    return [name for name in found if name.lower().startswith("tr_tr")][:1]


OTHERS = {
    "hash seed and zone": (0.0, {"PYTHONHASHSEED": "12345", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}),
    "clock and locale": (
        -20_000.25,
        {"PYTHONHASHSEED": "7", "TZ": "America/St_Johns", "LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    ),
    **{name: (400.0, {"LC_ALL": name}) for name in _turkish()},
}


@pytest.mark.parametrize("other", OTHERS)
def test_plan_and_lock_have_the_same_bytes_anywhere(other: str, reference: dict[str, bytes], tmp_path: Path) -> None:
    days, environment = OTHERS[other]
    found = compiled(copied(tmp_path / "another place" / "ünïcode"), days, environment)
    assert [name for name in reference if found[name] != reference[name]] == []
    assert b"another place" not in b"".join(found.values())


def test_the_clock_of_the_child_is_really_another_one(tmp_path: Path) -> None:
    assert child(tmp_path, [["--version"]], days=40_000)["year"] > child(tmp_path, [["--version"]])["year"]


def test_no_place_clock_or_user_is_in_what_is_written(reference: dict[str, bytes]) -> None:
    for name, content in reference.items():
        for word in (str(ROOT), tempfile.gettempdir(), "executor", "address"):
            assert word.encode() not in content, f"{word} in {name}"


def test_compile_imports_nothing_heavy(tmp_path: Path) -> None:
    modules = child(tmp_path, [["-q", "compile", str(copied(tmp_path / "a") / "kinds.yaml")]])["modules"]
    assert "pyarrow" in modules and "pydantic" in modules
    assert [name for name in HEAVY if name in modules] == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["compile", "--help"], ["train", "--help"]], ids=" ".join
)
def test_help_imports_neither_pydantic_nor_numpy(arguments: list[str], tmp_path: Path) -> None:
    modules = child(tmp_path, [arguments])["modules"]
    assert [name for name in ("pydantic", "numpy", "yaml", "pyarrow", *HEAVY) if name in modules] == []


def test_importing_automl_imports_nothing(tmp_path: Path) -> None:
    code = "import sys; before = set(sys.modules); import automl; print(sorted(set(sys.modules) - before))"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told == "['automl']\n"


def test_python_m_automl(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-m", "automl", "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0 and ended.stdout.startswith("automl ")
