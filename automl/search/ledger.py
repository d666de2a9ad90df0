"""The ledger: the state of a search as an append-only file of JSON lines, each carrying the hash of the one before.

Lines: `header`, `asked`, `finished`, `retried`, `settled`, `decision`, `selected`. The search writes a line for
something at most once; sessions that resume append to the same file. A last line without its newline is torn and does
not count.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.errors import AutomlError, error
from automl.value import canonical_json

LEDGER_FORMAT = 1
_TAIL = "the file was changed by something other than automl; --overwrite starts anew"


@dataclass(frozen=True)
class LedgerView:
    """What stands in a ledger: the header, then the events in order. `torn`: bytes of a last line that do not count."""

    header: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    torn: int = 0


@dataclass(frozen=True)
class _End:
    """Where the file ends, what is still to be written there, and the hash of the last line."""

    offset: int
    pending: bytes
    last: str


class Ledger:
    """A ledger open for appending, by one driver at a time. Made by `create` or `open`."""

    def __init__(self, path: Path, descriptor: int, end: _End, view: LedgerView) -> None:
        self.path = path
        self.view = view  # what stood there when it was opened
        self._descriptor: int | None = descriptor
        self._end = end

    @property
    def header(self) -> Mapping[str, Any]:
        """The first line, without its hash."""
        return self.view.header

    @staticmethod
    def create(path: Path, header: Mapping[str, Any]) -> Ledger:
        """Start a ledger. `header` holds at least `search`, the plan's search digest.

        Raises AutomlError: LED001 where there is a file already, LED005 where it cannot be written.
        """
        content = _plain({"event": "header", "format": LEDGER_FORMAT, **header})
        text, last = _line("", content)
        descriptor = _open(path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(descriptor, path)
            if ledger_exists(path):
                raise error("LED001", f"{path} exists already", hint="--resume continues it")
            os.ftruncate(descriptor, 0)  # a driver may have died within its header
        except BaseException:
            os.close(descriptor)
            raise
        ledger = Ledger(path, descriptor, _End(0, text, last), LedgerView(content, ()))
        ledger.flush()
        return ledger

    @staticmethod
    def open(path: Path, search: str | None = None) -> Ledger:
        """Continue a ledger; a torn last line is cut off. `search`: the digest that its header must have.

        Raises AutomlError: LED002 (another driver has it), LED003 (a line whose hash is wrong, by its number),
        LED004 (another plan's), LED005 (cannot be read).
        """
        descriptor = _open(path, os.O_RDWR)
        try:
            _lock(descriptor, path)
            content = path.read_bytes()
            view, last = _parse(content, path)
            if search is not None:
                check_search(view.header, search, path)
            if view.torn:
                os.ftruncate(descriptor, len(content) - view.torn)
                os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return Ledger(path, descriptor, _End(len(content) - view.torn, b"", last), view)

    def note(self, event: str, fields: Mapping[str, Any]) -> None:
        """Add a line, to be written by the next `flush`. One assignment, so that Ctrl-C finds it done or not begun."""
        text, last = _line(self._end.last, _plain({"event": event, **fields}))
        self._end = _End(self._end.offset, self._end.pending + text, last)

    def flush(self) -> None:
        """Write what was noted and wait until the disk has it.

        Written at its offset: doing it again after an interruption changes nothing. Raises AutomlError (LED005).
        """
        end = self._end
        if self._descriptor is None or not end.pending:
            return
        try:
            written = 0
            while written < len(end.pending):
                written += os.pwrite(self._descriptor, end.pending[written:], end.offset + written)
            os.fsync(self._descriptor)
        except OSError as problem:
            hint = "once that is mended, --resume continues the run: what was written before stands"
            raise error("LED005", f"cannot write {self.path}: {problem.strerror}", hint=hint) from None
        self._end = _End(end.offset + len(end.pending), b"", end.last)

    def close(self) -> None:
        """Flush and let go of the file. Safe to call twice."""
        if self._descriptor is None:
            return
        try:
            self.flush()
        finally:
            os.close(self._descriptor)
            self._descriptor = None


def ledger_exists(path: Path) -> bool:
    """Whether there is a ledger with at least its header."""
    try:
        return b"\n" in path.read_bytes()
    except OSError:
        return False


def read_ledger(path: Path) -> LedgerView:
    """What stands in a ledger, also while a driver writes it. Raises AutomlError: LED003, LED005."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise error("LED005", f"cannot read {path}: {problem.strerror}") from None
    return _parse(content, path)[0]


def check_search(header: Mapping[str, Any], search: str, path: Path) -> None:
    """Raise AutomlError (LED004) where the ledger is that of another plan."""
    if header.get("search") != search:
        raise error(
            "LED004",
            f"{path} belongs to another plan (search digest {header.get('search')}, this plan has {search})",
            hint="use another output folder, or --overwrite",
        )


def _parse(content: bytes, path: Path) -> tuple[LedgerView, str]:
    whole, newline, rest = content.rpartition(b"\n")
    if not newline:
        raise error("LED003", f"{path} has no header", hint=_TAIL)
    last, events = "", []
    for number, line in enumerate(whole.split(b"\n"), start=1):
        event, last = _check(line, last, number, path)
        events.append(event)
    header = events[0]
    if header.get("event") != "header" or header.get("format") != LEDGER_FORMAT:
        raise error("LED003", f"{path}: line 1 is no header of format {LEDGER_FORMAT}", hint=_TAIL)
    return LedgerView(header, tuple(events[1:]), len(rest)), last


def _check(line: bytes, last: str, number: int, path: Path) -> tuple[dict[str, Any], str]:
    """One line as an event, after recomputing its text and its hash."""
    try:
        event = json.loads(line)
        said = event.pop("hash")
        text, found = _line(last, event)
        right = said == found and text == line + b"\n"
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        right = False
    if not right:
        raise _wrong_line(number, path)
    return event, found


def _wrong_line(number: int, path: Path) -> AutomlError:
    return error("LED003", f"{path}: line {number} does not have the hash it should have", hint=_TAIL)


def _line(last: str, event: Mapping[str, Any]) -> tuple[bytes, str]:
    """The text of a line and its hash, which covers the hash of the line before."""
    found = hashlib.sha256((last + canonical_json(event)).encode()).hexdigest()
    return (canonical_json({**event, "hash": found}) + "\n").encode(), found


def _plain(value: Any) -> Any:
    """JSON without NaN and infinities: those become the texts 'nan', 'inf' and '-inf', which float() reads."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags, 0o644)
    except OSError as problem:
        raise error("LED005", f"cannot open {path}: {problem.strerror}") from None


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise error("LED002", f"{path} is in use by another run", hint="wait for it, or use another folder") from None
