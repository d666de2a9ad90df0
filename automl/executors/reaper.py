"""Ends what is left of a Ray that we started, and removes its folder. `Reaped` runs this file as a script.

Ray's agents outlive a driver that was killed by a minute, and its folder outlives every driver. This process holds one
end of a pipe whose other end only the driver has. Once that is closed, whether the driver let go or died, every
process with an open file in the folder is ended (the folder is of one session alone: nobody else's), and it is removed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_ROUNDS = 100  # at most, for processes that start while others are ended
_PAUSE_S = 0.05
_LONGEST = 15  # of the folder that ours is made in: the path of a Unix socket has 107 letters at most
_LAST_S = 10.0


class Reaped:
    """A new folder for one session of Ray, with a process that watches over it. `close` ends what is left of it."""

    def __init__(self) -> None:
        home = tempfile.gettempdir()
        self.folder = tempfile.mkdtemp(
            prefix=f"automl-ray-{os.getpid()}-", dir=home if len(home) <= _LONGEST else "/tmp"
        )
        line = [sys.executable, "-I", "-S", __file__, self.folder, str(os.getpid())]
        quiet = subprocess.DEVNULL
        # In a session of its own: what ends the driver's group of processes must not end this one first.
        self._process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, cwd="/", start_new_session=True
        )

    def close(self) -> None:
        """Let the reaper do its work, and wait for it. Safe to call twice."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_S)


def reap(folder: str, driver: int) -> None:
    """End every process that has a file of the folder open, but the driver, and remove the folder."""
    for _ in range(_ROUNDS):
        found = [process for process in _with_files_in(folder) if process not in (driver, os.getpid())]
        for process in found:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        if not found:
            break
        time.sleep(_PAUSE_S)
    shutil.rmtree(folder, ignore_errors=True)


def _with_files_in(folder: str) -> list[int]:
    inside = folder.rstrip("/") + "/"
    return [int(place.name) for place in Path("/proc").iterdir() if place.name.isdigit() and _has_open(place, inside)]


def _has_open(place: Path, inside: str) -> bool:
    try:
        return any(str(link.readlink()).startswith(inside) for link in (place / "fd").iterdir())
    except OSError:  # it ended meanwhile, or is another user's
        return False


def main() -> None:
    """Wait for the end of the driver, in whatever way it comes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while sys.stdin.buffer.read(1):
        pass
    reap(sys.argv[1], int(sys.argv[2]))


if __name__ == "__main__":
    main()
