"""A process of this machine that has imported what fits need, and forks worker processes: each is there in
milliseconds, and libraries are imported (and lie in memory) once, however many workers there are.

It runs one thread and does no work of its own, so that no lock and no thread of anybody goes with a fork. Beside the
driver it is started anew (never forked from it), early: it imports while a spec compiles.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from automl.executors.worker import THREAD_VARIABLES

ORDER = struct.Struct("<cq")  # START and nothing, or REAP and the id of a process
ANSWER = struct.Struct("<q")
START, REAP = b"s", b"r"
_ENTRY = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from automl.executors.warm_process import main; main()"
)


class Warm:
    """The driver's side. Linux ends the process, and all that it forked, with the thread that made this object.

    `threads`: of the numeric libraries; `preload`: modules to import, what cannot be imported is left to the fits.
    """

    def __init__(self, threads: int = 1, preload: Sequence[str] = ()) -> None:
        self._threads, self._preload = threads, tuple(preload)
        self._start()

    def start(self, pipe: int, shared: int) -> int:
        """Fork a worker that gets copies of these two file descriptors; its process id.

        Waits until the imports are done. Raises OSError where not even a second process can fork.
        """
        for last in (False, True):
            with suppress(OSError, struct.error):
                socket.send_fds(self._socket, [ORDER.pack(START, 0)], [pipe, shared])
                return self._answer()
            if not last:
                self.close()  # somebody has ended it
                self._start()
        raise OSError("the process that starts workers cannot be kept up")

    def reap(self, process: int) -> int:
        """Wait for the end of a worker; its exit code, negative for the signal that ended it.

        That of SIGKILL where the process that knows it is gone: its workers go with it.
        """
        with suppress(OSError, struct.error):
            self._socket.sendall(ORDER.pack(REAP, process))
            return self._answer()
        return -signal.SIGKILL

    def close(self) -> None:
        """End it, and what it forked. Safe to call twice."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _answer(self) -> int:
        answer: int = ANSWER.unpack(self._socket.recv(ANSWER.size, socket.MSG_WAITALL))[0]
        return answer

    def _start(self) -> None:
        self._socket, far = socket.socketpair()
        told = json.dumps({"socket": far.fileno(), "parent": os.getpid(), "preload": self._preload})
        before = signal.pthread_sigmask(
            signal.SIG_BLOCK, {signal.SIGINT}
        )  # Ctrl-C reaches the whole group of processes
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _ENTRY, told, json.dumps(sys.path)],
                env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(self._threads)), "PYTHONSAFEPATH": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(far.fileno(),),
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            far.close()
