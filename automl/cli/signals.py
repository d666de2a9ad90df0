"""Ctrl-C, and SIGTERM, which ends containers and CI jobs: once, the run stops and keeps what it has; twice, at once."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from automl.cli.screen import Screen
from automl.unraisable import unreported

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NUDGE = signal.SIGURG  # whose default is to be ignored: no child that is hit by it ends
_NUDGES, _PAUSE_S = 20, 0.1
INTERRUPTED = 130


class Stop:
    """The handler of both signals: KeyboardInterrupt at the first one; at the second one the process is left."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._heard = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)  # Ray's own handler, if it was first, aborts the process 3 s later
        if self._heard:
            _tell(self._screen, "interrupted again: gone at once; --resume continues the run\n")
            os._exit(INTERRUPTED)
        self._heard = True
        _tell(self._screen, "interrupted: ending the workers, keeping what has finished (again: at once)\n")
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise again what was swallowed: exceptions do not leave finalizers, nor callbacks of native code."""
        if self._heard:
            raise KeyboardInterrupt


@contextmanager
def stoppable(screen: Screen) -> Iterator[Stop]:
    """Raise KeyboardInterrupt in the block at the first signal; at the second one leave the process, exit code 130.

    Workers and Ray end with the process in either way; the ledger is whole at any moment. The block calls `check` where
    it has come to the end of a step.
    """
    stop = Stop(screen)
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread hears signals
        return
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], object]]
    handlers = {**dict.fromkeys(_SIGNALS, stop), _NUDGE: _do_nothing}
    before = [(number, signal.signal(number, handler)) for number, handler in handlers.items()]
    try:
        with _nudged(), unreported(KeyboardInterrupt):
            yield stop
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def _nudged() -> Iterator[None]:
    """Python's handlers run in the main thread, but the kernel may hand a signal to any thread: one that waits in a
    call of the system would hear of it when that call is over, be it in an hour. It is woken up here."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    main = threading.get_ident()
    thread = threading.Thread(target=_nudge, args=(reads, main), name="automl-signals", daemon=True)
    before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writes)
        thread.join()
        os.close(reads)


def _nudge(reads: int, main: int) -> None:
    """Until the other end is closed. More than once: the main thread may have been about to wait."""
    left = 0
    while True:
        if not select.select([reads], [], [], _PAUSE_S if left else None)[0]:
            signal.pthread_kill(main, _NUDGE)
            left -= 1
        elif not (number := os.read(reads, 1)):
            return
        elif number[0] in _SIGNALS:
            left = _NUDGES


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """A handler of Python's own lets a call of the system return; one that is ignored does not."""


def _tell(screen: Screen, text: str) -> None:
    """Past all buffers: a handler may run in the middle of a print."""
    if not screen.quiet:
        with suppress(OSError):
            os.write(2, text.encode())
