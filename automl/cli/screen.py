"""The two streams: the answer goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, cast

from automl.cli.reply import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automl.errors import Diagnostic

RED, YELLOW, CYAN, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[0m"
COLOURS = {"error": RED, "warning": YELLOW, "note": CYAN}


@dataclass(frozen=True)
class Screen:
    """How much is told on stderr. `quiet`: errors only; `verbose`: every trial; `json`: stdout is one object."""

    quiet: bool = False
    verbose: bool = False
    json: bool = False

    @property
    def live(self) -> bool:
        """Whether stderr is a terminal: only then are there colours and a bar."""
        return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def say(self, text: str) -> None:
        """A line on stderr, unless quiet."""
        if not self.quiet:
            write(sys.stderr, printable(text) + "\n")

    def show(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics on stderr; quiet leaves errors only."""
        for found in diagnostics:
            if found.severity == "error" or not self.quiet:
                write(sys.stderr, self.paint(printable(found.as_text()), found.severity) + "\n")

    def paint(self, text: str, severity: str) -> str:
        """The text with the severity's colour on its first line, where colours are wanted."""
        if not self.live or "NO_COLOR" in os.environ:
            return text
        head, newline, rest = text.partition("\n")
        return f"{COLOURS[severity]}{head}{PLAIN}{newline}{rest}"


def write(stream: TextIO | None, text: str) -> OSError | None:
    """Write to a stream that may be closed, broken, full or of a narrow encoding; what cannot be told is not told.

    Returns what the system refused it with; None where it was written, or where nobody listens (closed, reader gone).
    """
    if stream is None:
        return None
    try:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except ValueError:  # closed
        return None
    except OSError as refused:
        _drain(stream)
        return None if isinstance(refused, BrokenPipeError) else refused
    return None


def _drain(stream: TextIO) -> None:
    """Python would complain again when it closes the stream at exit, with what is left in its buffer: to a sink."""
    with suppress(OSError, ValueError):
        place = stream.fileno()
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, place)
        os.close(sink)
        stream.flush()


@contextmanager
def kept_stdout() -> Iterator[TextIO]:
    """Gives the real stdout, while everything else that prints there (a library, a C extension) goes to stderr."""
    real = sys.stdout
    if not _owns_descriptor(real):
        with redirect_stdout(_noise(sys.stderr)):
            yield real
        return
    real.flush()
    out = os.fdopen(os.dup(1), "w", encoding=real.encoding, errors="backslashreplace")
    os.dup2(2, 1)
    try:
        with redirect_stdout(_noise(real)):
            yield out
    finally:
        write(real, "")  # what a library printed through Python and is still in the buffer belongs to stderr, too
        os.dup2(out.fileno(), 1)
        out.close()


class _Noise:
    """A stream for what libraries print: that it cannot be told must not end what they were asked for."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        write(self._stream, text)
        return len(text)

    def flush(self) -> None:
        write(self._stream, "")

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _noise(stream: TextIO | None) -> TextIO:
    return cast("TextIO", _Noise(stream))


def _owns_descriptor(stream: TextIO | None) -> bool:
    """Whether the stream is the process's own stdout (a test may have put another one there), and stderr is there."""
    try:
        return stream is not None and sys.stderr is not None and stream.fileno() == 1
    except (OSError, ValueError):
        return False
