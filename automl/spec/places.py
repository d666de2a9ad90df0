"""Where every key and value of a spec stands in its file, so that later findings can still point at the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from automl.errors import Diagnostic, Severity

Path = tuple[str | int, ...]
At = Literal["key", "value"]

# What YAML takes for the end of a line; marks count lines by it.
LINE_BREAK: Final = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True)
class Spot:
    """A piece of one line: line and column count from 1, length in characters."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True)
class Entry:
    """The two spots of one path: its key (for an item of a list: the item) and its value."""

    key: Spot
    value: Spot


@dataclass(frozen=True)
class Places:
    """The file (as the user named it), its lines, and the spots of each path in it. The empty path is the whole."""

    file: str
    lines: tuple[str, ...]
    entries: Mapping[Path, Entry]

    def diagnostic(
        self, severity: Severity, code: str, path: Path, message: str, hint: str | None = None, at: At = "key"
    ) -> Diagnostic:
        """A finding about `path`; where the path is not in the file, it stands at the nearest enclosing key."""
        spot = self.spot(path, at)
        return self.at_spot(spot, severity, code, message, hint)

    def at_spot(self, spot: Spot, severity: Severity, code: str, message: str, hint: str | None = None) -> Diagnostic:
        """A finding about a piece of a line."""
        source = self.lines[spot.line - 1] if 0 < spot.line <= len(self.lines) else None
        room = max(1, len(source or "") - spot.column + 1)
        length = max(1, min(spot.length, room))
        return Diagnostic(severity, code, message, self.file, spot.line, spot.column, hint, length, source)

    def spot(self, path: Path, at: At = "key") -> Spot:
        """The spot of a path or of the nearest enclosing one."""
        entry = self.entries.get(path)
        if entry is not None:
            return entry.key if at == "key" else entry.value
        while path:
            path = path[:-1]
            if path in self.entries:
                return self.entries[path].key
        return Spot(1, 1)


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text, as YAML counts them."""
    return tuple(LINE_BREAK.split(text))


def dotted(path: Path) -> str:
    """A path for people: `search.families[1]`."""
    text = ""
    for part in path:
        if part == "\0":  # what is read only for its mistakes has no path of its own
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{shown(part)}" if text else shown(part)
    return text or "the spec"


def shown(name: str) -> str:
    """A name from a spec as it may be printed: control characters escaped, cut when very long."""
    plain = name if name.isprintable() else repr(name)[1:-1]
    return plain if len(plain) <= 60 else plain[:57] + "..."


def quoted(name: str) -> str:
    """A name from a spec in quotes."""
    text = repr(name)
    return text if len(text) <= 62 else repr(name[:57] + "...")
