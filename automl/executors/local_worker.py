"""What runs in a worker process of the local executor, and how the context gets there: one file, mapped."""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
from multiprocessing.connection import Connection
from typing import Any

from automl.executors.worker import become_worker, describe, execute

_ALIGNED = 64  # bytes; numpy's own alignment

Parts = tuple[tuple[int, int], ...]  # where the buffers and (last) the pickle lie in a file, as byte ranges


class Shared:
    """A value in an unlinked file: pickle protocol 5 with every array out of band. Nothing is left when all is closed.

    `load` gives it in another process. Raises OSError where the disk has no room.
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
        self.parts: Parts = tuple(parts)

    def fileno(self) -> int:
        """The open file."""
        return self._file.fileno()

    def close(self) -> None:
        """Give the file up. Workers keep what they have mapped."""
        self._file.close()


def load(file: int, parts: Parts) -> Any:
    """The value in the file of that descriptor. Its arrays are read-only views of its pages: all workers share them."""
    pages = memoryview(mmap.mmap(file, 0, access=mmap.ACCESS_READ))  # it lives as long as the arrays
    *buffers, text = (pages[begin:end] for begin, end in parts)
    return pickle.loads(text, buffers=buffers)


def work(pipe: Connection, file: int) -> None:
    """Say that all is there (None, or in words why not), then answer each job until the driver closes the pipe."""
    become_worker()
    try:
        run, context = load(file, pipe.recv())
        os.close(file)
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
