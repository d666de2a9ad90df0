"""Every DATA code that is raised is listed and documented; the other way round too. Reading stays light."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from automl.data.codes import CODES

ROOT = Path(__file__).parents[2]


def test_codes_are_used_listed_and_documented() -> None:
    sources = [file.read_text() for file in (ROOT / "automl" / "data").glob("*.py") if file.name != "codes.py"]
    used = set(re.findall(r'"((?:DATA|DQ)\d+)"', "\n".join(sources)))
    assert used == set(CODES)
    page = (ROOT / "docs" / "reference" / "data.md").read_text()
    assert dict(re.findall(r"^\| ((?:DATA|DQ)\d+) \| (.+) \|$", page, re.MULTILINE)) == CODES


def test_reading_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'sklearn', 'ray', 'lightgbm', 'optuna', 'scipy'}"
    code = f"import sys, automl.data.load, automl.data.dataset; sys.exit(bool({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_part_needs_numpy_only() -> None:
    code = (
        "import sys, automl.runtime.files, automl.runtime.splits, automl.runtime.fingerprint;"
        "sys.exit(bool({'pyarrow', 'pydantic', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
