"""`automl predict PACKAGE DATA -o OUT`: runs the package's own code, in a Python of its own, without automl."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from automl.cli.reply import Reply, failure, plain_diagnostic, printable
from automl.cli.screen import Screen, write

BUG = 3


def add_arguments(parser: ArgumentParser) -> None:
    """PACKAGE, DATA and OUT."""
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="folder of an emitted package")
    parser.add_argument("data", type=Path, metavar="DATA", help="rows to predict: any file that training reads")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", required=True, help="csv or parquet, by suffix")


def run(found: Namespace, screen: Screen) -> Reply:
    """The exit code and the message are those of the package; one that dies of a signal is told, exit code 3."""
    from automl.driver.package import predict_file

    ended = predict_file(found.package, found.data, found.output)
    body = {"ok": True, "package": os.fspath(found.package), "output": os.fspath(found.output)}
    if ended.returncode == 0:
        if ended.stderr.strip():
            screen.say(ended.stderr.rstrip())
        return Reply(0, {**body, "message": ended.stdout.strip() or ended.stderr.strip()}, ended.stdout)
    message, code = ended.stderr.strip() or ended.stdout.strip(), ended.returncode
    if code < 0:
        message, code = f"the package's process was ended by signal {-code}\n{message}".strip(), BUG
    if not screen.json:
        write(sys.stderr, printable(message) + "\n")
    return Reply(code, failure([plain_diagnostic("CLI012", message)]), "")
