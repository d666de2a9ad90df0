"""`automl verify PACKAGE`: does a refit from lock and data give the same bytes?"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from automl.cli.reply import Reply
from automl.cli.screen import Screen

DIFFERENT = 6


def add_arguments(parser: ArgumentParser) -> None:
    """PACKAGE, and where the data is."""
    parser.add_argument("package", type=Path, metavar="PACKAGE", help="folder of an emitted package")
    told = "file or folder of the training data, where it is no longer at its place"
    parser.add_argument("--data", type=Path, metavar="PATH", help=told)
    parser.add_argument("--search", action="store_true", help="replay the whole search, not only the winner's fits")


def run(found: Namespace, _screen: Screen) -> Reply:
    """Exit code 0 where every byte is the same, else 6."""
    from automl.verifying import verify

    verdict = verify(found.package, found.data, found.search)
    body = {"ok": verdict.ok, **verdict.as_json()}
    return Reply(0 if verdict.ok else DIFFERENT, body, "".join(f"{line}\n" for line in verdict.lines))
