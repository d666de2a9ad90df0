"""argparse, made to answer instead of printing and exiting, so that `--format json` holds for usage errors, too."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from automl import __version__
from automl.cli.reply import Shown, UsageError


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(f"{self.prog}: {message}", self.format_usage())


def top_parser(description: str, epilog: str) -> Parser:
    """The parser of `automl` itself. No abbreviations: a new option must not break old scripts."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = Parser(
        "automl", description=description, epilog=epilog, formatter_class=layout, add_help=False, allow_abbrev=False
    )
    add_common(parser, first=True)
    return parser


def add_common(parser: argparse.ArgumentParser, first: bool = False) -> None:
    """The options that every command has. Their defaults stand in the first parser only: a default of a sub-parser
    would undo what was said before the command's name."""
    group = parser.add_argument_group("everywhere")
    group.add_argument("-h", "--help", action=_Help, nargs=0, help="show this help and end")
    group.add_argument("--version", action=_Version, nargs=0, help="show the version and end")
    off = False if first else argparse.SUPPRESS
    group.add_argument("-q", "--quiet", action="store_true", default=off, help="errors only on stderr")
    group.add_argument("-v", "--verbose", action="store_true", default=off, help="tell more on stderr")
    text = "text" if first else argparse.SUPPRESS
    told = "json: exactly one JSON object on stdout"
    group.add_argument("--format", choices=("text", "json"), default=text, help=told)


class _Help(argparse.Action):
    def __call__(
        self, parser: argparse.ArgumentParser, _namespace: object, _values: object, _option: str | None = None
    ) -> NoReturn:
        raise Shown("help", parser.format_help())


class _Version(argparse.Action):
    def __call__(self, _parser: object, _namespace: object, _values: object, _option: str | None = None) -> NoReturn:
        raise Shown("version", f"automl {__version__}\n")


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--format json` stands on a command line that may be wrong elsewhere (the last one counts)."""
    wanted = False
    for before, this in zip(["", *arguments], arguments, strict=False):
        if this == "--":
            break
        if before == "--format":
            wanted = this == "json"
        elif this.startswith("--format="):
            wanted = this == "--format=json"
    return wanted


def seconds(text: str) -> float:
    """A time on the command line: `90s`, `10m`, `2h`. For `type=` of argparse."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    number, unit = text[:-1], text[-1:]
    try:
        found = float(number) * units[unit]
    except (KeyError, ValueError):
        expected = "expected a number and a unit, such as 90s, 10m or 2h"
        raise argparse.ArgumentTypeError(f"{text!r} is no time; {expected}") from None
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no time budget: expected more than 0s")
    return found


def positive(text: str) -> int:
    """A whole number of at least 1. For `type=` of argparse."""
    if not (text.isascii() and text.isdigit() and int(text[:18]) > 0):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number of at least 1")
    return int(text)
