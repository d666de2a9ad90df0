"""Ctrl-C, and SIGTERM, which ends containers and CI jobs: once, the run stops and keeps what it has; twice, at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from automl.cli.screen import Screen

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130


@contextmanager
def stoppable(screen: Screen) -> Iterator[None]:
    """Raise KeyboardInterrupt in the block at the first signal; at the second one leave the process, exit code 130.

    Workers and Ray end with the process in either way; the ledger is whole at any moment.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    first = True

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal first
        if not first:
            _tell(screen, "interrupted again: gone at once; --resume continues the run\n")
            os._exit(INTERRUPTED)
        first = False
        _tell(screen, "interrupted: ending the workers, keeping what has finished (again: at once)\n")
        raise KeyboardInterrupt

    before = [(number, signal.signal(number, stop)) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _tell(screen: Screen, text: str) -> None:
    """Past all buffers: a handler may run in the middle of a print."""
    if not screen.quiet:
        with suppress(OSError):
            os.write(2, text.encode())
