"""Collects what the checks find, and knows which parts of the spec are not to be judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from automl.errors import Diagnostic
from automl.spec.places import At, Path, Places, dotted, quoted


@dataclass
class Findings:
    """`bad` are paths whose mistakes of type were reported before: what stands there now means nothing."""

    places: Places
    bad: frozenset[Path] = frozenset()
    found: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, path: Path, message: str, hint: str | None = None, at: At = "value") -> None:
        """A finding about `path`, unless the path is spoilt."""
        if not self.spoilt(path):
            self.found.append(self.places.diagnostic("error", code, path, message, hint, at))

    def later(self, path: Path, what: str, hint: str | None = None) -> None:
        """A finding about something that the language names and this version does not do."""
        self.error("SPEC090", path, f"{what} is not available yet", hint or "leave it out", at="key")

    def spoilt(self, path: Path) -> bool:
        """Whether the path, or something around it, was reported before."""
        return any(path[:length] in self.bad for length in range(len(path) + 1))

    def at_most(self, path: Path, value: float | None, limit: float, text: str | None = None) -> None:
        """A number beyond `limit` (written as `text`) is an error."""
        if value is not None and value > limit:
            self.error("SPEC023", path, f"{dotted(path)}: expected at most {text or limit}")

    def no_doubles(self, path: Path, items: Sequence[object]) -> None:
        """Every item that was there before is an error."""
        for i, item in enumerate(items):
            if item in items[:i]:
                text = quoted(item) if isinstance(item, str) else "this entry"
                self.error("SPEC042", (*path, i), f"{dotted(path)}: {text} is written twice", "leave one out")

    def not_empty(self, path: Path, items: Sequence[object] | None) -> None:
        """An empty text or list is an error."""
        if items is not None and len(items) == 0:
            what = "text" if isinstance(items, str) else "list"
            self.error("SPEC025", path, f"{dotted(path)}: expected a {what} that is not empty")


def one_of(names: Iterable[str]) -> str:
    """The names, for people."""
    return ", ".join(names)
