"""The ledger: the state of a search as an append-only file of JSON lines, each carrying the hash of the one before.

Lines: `header`, `asked`, `finished`, `retried`, `settled`, `late`, `decision`, `selected` or `refused` (what became of
the winner), `spent`, and `session` for each that resumes. The search writes a line for something at most once; sessions
that resume append to the same file. A last line without its newline is torn and does not count.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.errors import AutomlError, error
from automl.value import canonical_json

LEDGER_FORMAT = 2
_TAIL = "the file was changed by something other than automl; --overwrite starts anew"


_HASH = b',"hash":"'  # every line has a field before it, and none of these holds a mapping with a field of that name
_DIGITS = 64


@dataclass(frozen=True)
class LedgerView:
    """All that stands in a ledger: the header, then the events in order. `torn`: bytes of a last line, not counted."""

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
    """A ledger open for appending, by one driver at a time. Made by `create` or `open`. Keeps no event in memory."""

    def __init__(self, path: Path, descriptor: int, end: _End, header: Mapping[str, Any]) -> None:
        self.path = path
        self.header = header  # the first line, without its hash
        self._descriptor: int | None = descriptor
        self._end = end
        self._standing = end.offset
        self._synced = end.offset

    @staticmethod
    def create(path: Path, header: Mapping[str, Any], clear: Callable[[], None] | None = None) -> Ledger:
        """Start a ledger. `header` holds at least `search`, the plan's search digest.

        `clear`: start anew where one stands already. It is called before anything of that is lost, once no other
        driver can have it. Raises AutomlError: LED001 where there is one and no `clear`, LED002 (another driver has
        it), LED005 where it cannot be written.
        """
        text, last = _line("", {"event": "header", "format": LEDGER_FORMAT, **header})
        descriptor = _open(path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(descriptor, path)
            if clear is not None:
                clear()
            elif ledger_exists(path):
                raise error("LED001", f"{path} exists already", hint="--resume continues it")
            os.ftruncate(descriptor, 0)  # a driver may have died within its header
        except BaseException:
            os.close(descriptor)
            raise
        ledger = Ledger(path, descriptor, _End(0, text, last), _event(text))
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
            header, end = _walk(path)
            if search is not None:
                check_search(header, search, path)
            if os.fstat(descriptor).st_size > end.offset:
                os.ftruncate(descriptor, end.offset)
                os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return Ledger(path, descriptor, end, header)

    def events(self) -> Generator[Mapping[str, Any], None, None]:
        """What stood there when it was opened, without the header, read anew from the file line by line."""
        with self.path.open("rb") as file:
            at = len(file.readline())
            for line in file:
                at += len(line)
                if at > self._standing:
                    return
                yield _event(line)

    def note(self, event: str, fields: Mapping[str, Any]) -> None:
        """Add a line, to be written by the next `write`. One assignment, so that Ctrl-C finds it done or not begun."""
        text, last = _line(self._end.last, {"event": event, **fields})
        self._end = _End(self._end.offset, self._end.pending + text, last)

    def write(self) -> None:
        """Hand what was noted to the system: from here on it outlives this process, whatever ends it.

        Written at its offset: doing it again after an interruption changes nothing. Raises AutomlError (LED005).
        """
        end = self._end
        if self._descriptor is None or not end.pending:
            return
        try:
            written = 0
            while written < len(end.pending):
                written += os.pwrite(self._descriptor, end.pending[written:], end.offset + written)
        except OSError as problem:
            raise self._unwritten(problem) from None
        self._end = _End(end.offset + len(end.pending), b"", end.last)

    def flush(self) -> None:
        """Write, and wait until the disk has it: from here on it outlives the machine. Raises AutomlError (LED005)."""
        self.write()
        if self._descriptor is None or self._synced == self._end.offset:
            return
        try:
            os.fsync(self._descriptor)
        except OSError as problem:
            raise self._unwritten(problem) from None
        self._synced = self._end.offset

    def close(self) -> None:
        """Flush and let go of the file. Safe to call twice."""
        if self._descriptor is None:
            return
        try:
            self.flush()
        finally:
            os.close(self._descriptor)
            self._descriptor = None

    def _unwritten(self, problem: OSError) -> AutomlError:
        hint = "once that is mended, --resume continues the run: what was written before stands"
        return error("LED005", f"cannot write {self.path}: {problem.strerror}", hint=hint)


def ledger_exists(path: Path) -> bool:
    """Whether there is a ledger with at least its header."""
    try:
        with path.open("rb") as file:
            return file.readline().endswith(b"\n")
    except OSError:
        return False


def scan_ledger(path: Path) -> Iterator[Mapping[str, Any]]:
    """The header and then the events, one line in memory at a time, also while a driver writes the file.

    Raises AutomlError: LED003, LED005.
    """
    for line, _ in _lines(path):
        yield _event(line)


def read_ledger(path: Path) -> LedgerView:
    """All that stands in a ledger at once, also while a driver writes it. Raises AutomlError: LED003, LED005."""
    lines = [line for line, _ in _lines(path)]
    header, *events = (_event(line) for line in lines)
    return LedgerView(header, tuple(events), path.stat().st_size - sum(map(len, lines)))


def check_search(header: Mapping[str, Any], search: str, path: Path) -> None:
    """Raise AutomlError (LED004) where the ledger is that of another plan."""
    if header.get("search") != search:
        raise error(
            "LED004",
            f"{path} belongs to another plan (search digest {header.get('search')}, this plan has {search})",
            hint="use another output folder, or --overwrite",
        )


def _walk(path: Path) -> tuple[Mapping[str, Any], _End]:
    """The header, and the end behind the last whole line, after checking every line."""
    lines = _lines(path)
    first, last = next(lines)
    offset = len(first)
    for line, found in lines:
        offset += len(line)
        last = found
    return _event(first), _End(offset, b"", last)


def _lines(path: Path) -> Iterator[tuple[bytes, str]]:
    """The whole lines of a ledger and their hashes, each checked; at least the header."""
    last = ""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break
                last = _check(line, last, number, path)
                yield line, last
    except OSError as problem:
        raise error("LED005", f"cannot read {path}: {problem.strerror}") from None
    if not last:
        raise error("LED003", f"{path} has no header", hint=_TAIL)


def _check(line: bytes, last: str, number: int, path: Path) -> str:
    """The line's hash, after recomputing it from the bytes around it; the first line must be a header."""
    before, mark, rest = line.partition(_HASH)
    said, after = rest[:_DIGITS], rest[_DIGITS:]
    found = hashlib.sha256(last.encode() + before + after[1:-1]).hexdigest()
    if not mark or after[:1] != b'"' or said != found.encode():
        raise error("LED003", f"{path}: line {number} does not have the hash it should have", hint=_TAIL)
    if number == 1:
        header = _event(line)
        if header.get("event") != "header" or header.get("format") != LEDGER_FORMAT:
            raise error("LED003", f"{path}: line 1 is no header of format {LEDGER_FORMAT}", hint=_TAIL)
    return found


def _event(line: bytes) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line)
    del event["hash"]
    return event


def _line(last: str, event: Mapping[str, Any]) -> tuple[bytes, str]:
    """The text of a line and its hash, which covers the hash of the line before and this line without its hash."""
    before = _text({name: value for name, value in event.items() if name < "hash"})[:-1]
    after = _text({name: value for name, value in event.items() if name > "hash"})[1:]
    if after != "}":
        after = "," + after
    found = hashlib.sha256((last + before + after).encode()).hexdigest()
    return f'{before},"hash":"{found}"{after}\n'.encode(), found


def _text(fields: Mapping[str, Any]) -> str:
    try:
        return canonical_json(fields)
    except ValueError:
        return canonical_json(_plain(fields))


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
