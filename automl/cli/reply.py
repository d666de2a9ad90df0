"""What a command answers, what ends one early, and how text becomes safe to print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """The answer of a command: its exit code, the JSON object of `--format json`, and the text for people."""

    code: int
    body: Mapping[str, Any]
    text: str


class UsageError(Exception):
    """The command line itself is wrong (exit code 2): what is wrong, and the usage line of the command."""

    def __init__(self, message: str, usage: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.usage = usage.strip()


class Shown(SystemExit):
    """`--help` or `--version` was asked for: the text ends the program with exit code 0."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key
        self.text = text


def failure(diagnostics: list[dict[str, object]]) -> dict[str, Any]:
    """The JSON object of every failure."""
    return {"ok": False, "diagnostics": diagnostics}


def plain_diagnostic(code: str, message: str, hint: str | None = None) -> dict[str, object]:
    """A diagnostic without a place, made without importing `automl.errors` (which costs time on wrong usage)."""
    place = {"file": None, "line": None, "column": None}
    return {"severity": "error", "code": code, "message": message, **place, "hint": hint}


def printable(text: str) -> str:
    """The text with control characters shown as escapes: names in data must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else " " if c == "\t" else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")
