"""Every error that a user can cause.

AutomlError                 one or more diagnostics; exit code 1 unless the subclass says otherwise
└─ NotAccepted              acceptance criteria not met, nothing emitted (exit code 4)

Anything else that reaches the command line is a bug (exit code 3). A failed trial is a value, never an exception.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, Literal

Severity = Literal["error", "warning", "note"]

_WIDTH = 160  # characters of a source line that are shown; of a longer one, those around the carets


@dataclass(frozen=True)
class Diagnostic:
    """One finding, with its place: `line` and `column` count from 1; None where there is no place in a file."""

    severity: Severity
    code: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None
    length: int = 1
    source: str | None = None  # the text of the line, for the picture with the carets

    def as_json(self) -> dict[str, object]:
        """The seven public fields, as the command line contract names them."""
        public = ("severity", "code", "message", "file", "line", "column", "hint")
        fields = asdict(self)
        return {name: fields[name] for name in public}

    def as_text(self) -> str:
        """The message as it is printed: place, severity, code, then the line with carets and the hint."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        head = f"{place + ': ' if place else ''}{self.severity}[{self.code}] {self.message}"
        if self.source is None or self.line is None:
            return head if self.hint is None else f"{head}\n    {self.hint}"
        number = f"{self.line:>5}"
        source, before, length = self._window(self.source, (self.column or 1) - 1)
        # A tab under a tab: the carets stand where the terminal shows what they mean.
        pad = "".join("\t" if character == "\t" else " " for character in source[:before].ljust(before))
        tail = f" {self.hint}" if self.hint else ""
        return f"{head}\n{number} | {source}\n{' ' * len(number)} | {pad}{'^' * length}{tail}"

    def _window(self, source: str, before: int) -> tuple[str, int, int]:
        """The part of the line that is shown, the characters before the carets in it, and the number of carets."""
        length = max(1, self.length)
        if len(source) <= _WIDTH:
            return source, before, length
        start = max(0, min(before - _WIDTH // 2, len(source) - _WIDTH))
        piece = source[start : start + _WIDTH]
        left, right = "..." if start else "", "..." if start + _WIDTH < len(source) else ""
        return left + piece + right, before - start + len(left), min(length, max(1, _WIDTH - (before - start)))


class AutomlError(Exception):
    """A mistake that a user can mend. Carries all diagnostics at once, sorted by place."""

    exit_code: ClassVar[int] = 1

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic) -> None:
        found = [diagnostics] if isinstance(diagnostics, Diagnostic) else list(diagnostics)
        self.diagnostics = sort_diagnostics(found)
        super().__init__("\n".join(d.as_text() for d in self.diagnostics))

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (self.diagnostics,)


class NotAccepted(AutomlError):
    """The winner missed an acceptance criterion: nothing was emitted. `facts`: the run, its winner and what was
    measured, as JSON; they stand beside the diagnostics of `--format json`."""

    exit_code: ClassVar[int] = 4

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(diagnostics)
        self.facts = dict(facts or {})

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (self.diagnostics, self.facts)


def sort_diagnostics(found: list[Diagnostic]) -> list[Diagnostic]:
    """Errors and warnings in the order of their place in the file; those without a place come last."""
    return sorted(found, key=lambda d: (d.line is None, d.file or "", d.line or 0, d.column or 0, d.code, d.message))


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The hint 'did you mean ...?' for a mistyped name, or None where nothing is near."""
    known = list(valid)
    other_case = [one for one in known if one.lower() == name.lower()]
    close = other_case or get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else None


def error(code: str, message: str, hint: str | None = None) -> AutomlError:
    """An AutomlError of one diagnostic that has no place in a spec."""
    return AutomlError(Diagnostic("error", code, message, hint=hint))


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let what the system refuses name the file that was to be written: the system itself names none where a disk is
    full, and a temporary one where that is what it refuses."""
    try:
        yield
    except OSError as refused:
        if refused.errno is None:
            raise
        raise OSError(refused.errno, refused.strerror, os.fspath(path)) from refused
