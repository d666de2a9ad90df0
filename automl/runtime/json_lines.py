"""Tables in JSON lines: one object per line, its keys the names of the columns. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class BadLine(ValueError):
    """A line that is no JSON object: its number, counted from 1, and why."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")

    def __reduce__(self) -> tuple[type, tuple[int, str]]:
        return type(self), (self.line, self.reason)


def records(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """The objects of the lines; blank lines do not count. Raises BadLine."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _record(number, line)


def _record(number: int, line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise BadLine(number, f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadLine(number, f"expected an object, found {type(found).__name__}")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is written twice")
    return found


def names_of(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """All keys, in the order of their first appearance."""
    return tuple(dict.fromkeys(name for row in rows for name in row))
