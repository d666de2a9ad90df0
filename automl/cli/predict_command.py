"""`automl predict PACKAGE DATA -o OUT`: runs the package's own code, in a Python of its own, without automl."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from automl.cli.reply import Reply, failure, plain_diagnostic, printable
from automl.cli.screen import Screen, write

if TYPE_CHECKING:
    from automl.errors import AutomlError

BUG = 3


def add_arguments(parser: ArgumentParser) -> None:
    """PACKAGE, DATA and OUT."""
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="folder of an emitted package")
    parser.add_argument("data", type=Path, metavar="DATA", help="rows to predict: csv, csv.gz or parquet")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="csv or parquet, by suffix")


def run(found: Namespace, screen: Screen) -> Reply:
    """The exit code and the message are those of the package; one that dies of a signal is told, exit code 3."""
    name = package_name(found.package)
    ended = subprocess.run(
        # -P: the current folder is not searched, so a stray numpy.py beside the data is never run.
        [sys.executable, "-P", "-m", name, "predict", os.fspath(found.data), "-o", os.fspath(found.output)],
        env=_environment(found.package / "src"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )
    body = {"ok": True, "package": os.fspath(found.package), "output": os.fspath(found.output)}
    if ended.returncode == 0:
        screen.say(ended.stderr.rstrip()) if ended.stderr.strip() else None
        return Reply(0, {**body, "message": ended.stdout.strip()}, ended.stdout)
    message, code = ended.stderr.strip() or ended.stdout.strip(), ended.returncode
    if code < 0:
        message, code = f"the package's process was ended by signal {-code}\n{message}".strip(), BUG
    if not screen.json:
        write(sys.stderr, printable(message) + "\n")
    return Reply(code, failure([plain_diagnostic("CLI012", message)]), "")


def package_name(package: Path) -> str:
    """The name of the one Python package under PACKAGE/src. Raises AutomlError where there is none or more."""
    if not package.is_dir():
        raise _no_package(f"{package} is no folder")
    names = sorted(place.parent.name for place in (package / "src").glob("*/__main__.py"))
    if len(names) != 1 or not names[0].isidentifier() or not (package / "manifest.json").is_file():
        raise _no_package(f"{package} holds no emitted package: expected manifest.json and src/NAME/__main__.py in it")
    return names[0]


def _no_package(message: str) -> AutomlError:
    from automl.errors import error

    return error("CLI011", message, hint="`automl train` puts the package into RUN/package")


def _environment(source: Path) -> dict[str, str]:
    """This environment, with the package as the only addition to Python's path; no caches written into the package."""
    return {**os.environ, "PYTHONPATH": os.fspath(source.resolve()), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
