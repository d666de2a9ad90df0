"""Whether the head of a Ray cluster still answers.

Ray ends a driver that has lost the head for 60 s, with no word that a user could understand. So the head's port is
knocked at every few seconds, in a thread, and the run ends first, with a line that says what happened and what to do.
"""

from __future__ import annotations

import socket
import threading
import time

from automl.errors import AutomlError, error
from automl.executors.address import host_and_port

EVERY_S = 2.0
KNOCK_S = 5.0
PATIENCE_S = 30.0  # a head that is started anew (KubeRay does that) is back by then


class Pulse:
    """Knocks at HOST:PORT until it is stopped."""

    def __init__(self, address: str, patience_s: float = PATIENCE_S) -> None:
        host, port = host_and_port(address)
        self._place = (host, int(port))
        self._address = address
        self._patience_s = patience_s
        self._stopped = threading.Event()
        self._silent_since: float | None = None
        threading.Thread(target=self._live, name="automl-pulse", daemon=True).start()

    @property
    def silent_s(self) -> float:
        """For how many seconds the head has not answered; 0 where it did."""
        since = self._silent_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def lost(self) -> bool:
        """Whether it has not answered for longer than we wait."""
        return self.silent_s > self._patience_s

    def check(self) -> None:
        """Raise AutomlError (EXE042) where the head is lost."""
        if self.lost:
            raise self.loss()

    def loss(self) -> AutomlError:
        """The error that says so."""
        silent_s = self.silent_s
        how = f"has not answered for {silent_s:.0f} s" if silent_s else "has ended this driver's connection"
        text = f"the head of the Ray cluster at {self._address} {how}"
        return error("EXE042", text, hint="what had finished is kept: start the cluster again, then --resume")

    def beat(self) -> bool:
        """Knock now. A call that the head has to answer would hang where it does not, so this comes before it."""
        before = time.monotonic()
        try:
            knock(*self._place)
        except OSError:
            if self._silent_since is None:
                self._silent_since = before
            return False
        self._silent_since = None
        return True

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def _live(self) -> None:
        while not self._stopped.wait(EVERY_S):
            self.beat()


def is_disconnect(problem: BaseException) -> bool:
    """Whether Ray Client has lost its server: its own error says so, or that of grpc, which need not be here."""
    return isinstance(problem, ConnectionError) or type(problem).__module__.partition(".")[0] == "grpc"


def knock(host: str, port: int) -> None:
    """Raise OSError where nobody listens."""
    socket.create_connection((host, port), timeout=KNOCK_S).close()
