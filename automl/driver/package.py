"""An emitted package, run as its users run it: in a Python of its own, without automl."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from automl.errors import AutomlError, error


def predict_file(package: Path, data: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """`python -m NAME predict DATA -o OUT` with the package's own code: its exit code and what it said.

    Raises AutomlError (CLI011) where `package` is no package.
    """
    name = package_name(package)
    return subprocess.run(
        # -P: the current folder is not searched, so a stray numpy.py beside the data is never run.
        [sys.executable, "-P", "-m", name, "predict", os.fspath(data), "-o", os.fspath(out)],
        env=_environment(package / "src"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )


def package_name(package: Path) -> str:
    """The name of the one Python package under PACKAGE/src. Raises AutomlError where there is none or more."""
    if not package.is_dir():
        raise _no_package(f"{package} is no folder")
    names = sorted(place.parent.name for place in (package / "src").glob("*/__main__.py"))
    if len(names) != 1 or not names[0].isidentifier() or not (package / "manifest.json").is_file():
        raise _no_package(f"{package} holds no emitted package: expected manifest.json and src/NAME/__main__.py in it")
    return names[0]


def _no_package(message: str) -> AutomlError:
    return error("CLI011", message, hint="`automl train` puts the package into RUN/package")


def _environment(source: Path) -> dict[str, str]:
    """This environment, with the package as the only addition to Python's path; no caches written into the package."""
    return {**os.environ, "PYTHONPATH": os.fspath(source.resolve()), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
