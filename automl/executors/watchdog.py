"""Ends a worker process whose fit holds more memory than it may: what RLIMIT_DATA does not see, such as shared maps."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

EXIT_CODE = 97  # of a process that was ended here; no other exit of ours has it
_TICK_S = 0.05  # 100 MB at the speed at which memory can be touched
_SLACK = 2**24
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARED_BY_ONE = ("/dev/zero", "/memfd:", "/SYSV")  # shared memory without a file: of this process, as a rule


class Watchdog:
    """A thread that looks at the resident memory of its process, 20 times a second, while a limit is set.

    `ended` is called before the process ends, for whoever cannot see its exit code.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._most: tuple[int, int] | None = None
        threading.Thread(target=self._watch, name="automl-watchdog", daemon=True).start()

    def limit(self, extra: int | None) -> None:
        """At most `extra` bytes of its own beyond what the process holds now; None: no limit."""
        if extra is None:
            self._most = None
        else:
            self._most = (_resident() + extra + _SLACK, _anonymous() + extra + _SLACK)

    def _watch(self) -> None:
        while True:
            time.sleep(_TICK_S)
            with suppress(MemoryError, OSError):  # RLIMIT_DATA is about to end the fit
                self._look(self._most)

    def _look(self, most: tuple[int, int] | None) -> None:
        """The first look is cheap, and counts pages of the table that all workers share; the second does not."""
        if most is None or _resident() <= most[0] or own_bytes() <= most[1] or self._most is not most:
            return
        try:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))  # saying so takes memory, too
            self._ended()
        finally:
            os._exit(EXIT_CODE)


def own_bytes() -> int:
    """Resident memory of this process, without pages of files and without the table in a shared store."""
    total, counted = 0, False
    with Path("/proc/self/smaps").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            first = line.split(maxsplit=1)[0]
            if not first.endswith(":"):  # the first line of a mapping: addresses, rights, ..., inode, path
                counted = _is_own(line)
            elif (counted and first == "Rss:") or (not counted and first == "Anonymous:"):
                total += int(line.split()[1]) * 1024
    return total


def _is_own(line: str) -> bool:
    parts = line.split(maxsplit=5)
    path = parts[5] if len(parts) > 5 else ""
    return parts[4] == "0" or path.startswith(_SHARED_BY_ONE)


def _resident() -> int:
    """Resident memory, shared pages included."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (20 times a second)
        return int(file.read().split()[1]) * _PAGE


def _anonymous() -> int:
    """Private resident memory."""
    with open("/proc/self/status", "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(b"RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0
