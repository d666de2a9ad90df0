"""What runs in a worker process of the local executor, and how the context gets there: one file, mapped."""

from __future__ import annotations

import ctypes
import mmap
import os
import pickle
import signal
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from typing import Any

_ALIGNED = 64  # bytes; numpy's own alignment
_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


class Shared:
    """A value in an unlinked file: pickle protocol 5 with every array out of band. Nothing is left when all is closed.

    A process that gets it as an argument at its start finds a `Handle`. Raises OSError where the disk has no room.
    """

    def __init__(self, value: Any) -> None:
        buffers: list[pickle.PickleBuffer] = []
        text = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        self._file = tempfile.TemporaryFile(prefix="automl-")  # noqa: SIM115 (open for as long as workers may start)
        parts = []
        for piece in (*(buffer.raw() for buffer in buffers), memoryview(text)):
            begin = -(-self._file.tell() // _ALIGNED) * _ALIGNED
            self._file.seek(begin)
            self._file.write(piece)
            parts.append((begin, begin + piece.nbytes))
        self._file.flush()
        self._parts = tuple(parts)

    def __reduce__(self) -> tuple[type[Handle], tuple[Any, ...]]:
        return Handle, (DupFd(self._file.fileno()), self._parts)

    def close(self) -> None:
        """Give the file up. Workers keep what they have mapped."""
        self._file.close()


@dataclass(frozen=True)
class Handle:
    """A `Shared` in a worker: the open file, and where the buffers and (last) the pickle lie in it, as byte ranges."""

    file: Any
    parts: tuple[tuple[int, int], ...]

    def load(self) -> Any:
        """The value. Its arrays are read-only views of the file's pages, which all workers share."""
        pages = memoryview(mmap.mmap(self.file.detach(), 0, access=mmap.ACCESS_READ))  # it lives as long as the arrays
        *buffers, text = (pages[begin:end] for begin, end in self.parts)
        return pickle.loads(text, buffers=buffers)


def work(pipe: Connection, handle: Handle, parent: int) -> None:
    """Say that all is there (None, or in words why not), then answer each job until the driver closes the pipe."""
    _detach(parent)
    from automl.executors.worker import become_worker, describe, execute

    become_worker()
    try:
        run, context = handle.load()
    except Exception as problem:
        pipe.send(describe(problem))
        return
    pipe.send(None)
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(execute(run, context, job))


def _detach(parent: int) -> None:
    """Die with the driver, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before this was asked for
        os._exit(1)
