"""What runs in the process behind `Warm`: imports, then a loop of forking and reaping."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import socket
import sys
from multiprocessing.connection import Connection

from automl.executors.warm import ANSWER, ORDER, REAP
from automl.executors.worker import import_if_there

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def main() -> None:
    """Import what is asked for, then obey orders until the driver is gone."""
    told = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    die_with(told["parent"])
    orders = socket.socket(fileno=told["socket"])
    import_if_there(("automl.executors.local_worker", *told["preload"]))
    gc.freeze()  # what is here now is never looked at again, so its pages stay shared
    while True:
        message, files, _flags, _address = socket.recv_fds(orders, ORDER.size, 2)
        if len(message) < ORDER.size:
            return
        what, number = ORDER.unpack(message)
        orders.sendall(ANSWER.pack(_reap(number) if what == REAP else _fork(orders, files)))


def die_with(parent: int) -> None:
    """End this process when its parent ends."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before this was asked for
        os._exit(1)


def _reap(process: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    except ChildProcessError:  # a second question
        return -signal.SIGKILL


def _fork(orders: socket.socket, files: list[int]) -> int:
    """A worker, which keeps only its own end of a pipe and the shared file."""
    own = os.getpid()
    process = os.fork()
    if process:
        for file in files:
            os.close(file)
        return process
    code = 1
    try:
        orders.close()
        die_with(own)
        from automl.executors.local_worker import work

        work(Connection(files[0]), files[1])
        code = 0
    finally:
        os._exit(code)
