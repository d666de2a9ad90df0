"""Ends a worker process whose fit holds more memory than it may.

RLIMIT_DATA alone is not enough: it does not see shared maps; and native code that is refused memory may die in many
ways, or turn in a circle for ever (LightGBM did both). So the limit of the kernel stands a little above that of the
fit, for what comes all at once, and this thread sees what grows.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EXIT_CODE = 97  # of a process that was ended here; no other exit of ours has it
_TICK_S = 0.02  # 40 MB at the speed at which memory can be touched
_STUCK = 100  # ticks close to the kernel's limit: it was refused memory, and does not give up
_CLOSE = 2**25
_SLACK = 2**24
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARED_BY_ONE = ("/dev/zero", "/memfd:", "/SYSV")  # shared memory without a file: of this process, as a rule


@dataclass(frozen=True)
class _Most:
    """Bytes: resident; resident without what is shared; data as RLIMIT_DATA counts it."""

    resident: int
    own: int
    data: int


class Watchdog:
    """A thread that looks at the memory of its process, 50 times a second, while a limit is set.

    `ended` is called before the process ends, for whoever cannot see its exit code.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._most: _Most | None = None
        self._stuck = 0
        threading.Thread(target=self._watch, name="automl-watchdog", daemon=True).start()

    def limit(self, extra: int, kernel: int) -> None:
        """At most `extra` bytes of its own beyond what the process holds now. `kernel`: its RLIMIT_DATA."""
        self._stuck = 0
        more = extra + _SLACK
        self._most = _Most(_resident_and_data()[0] + more, status_bytes("RssAnon") + more, kernel - _CLOSE)

    def lift(self) -> None:
        """No limit any more."""
        self._most = None

    def _watch(self) -> None:
        while True:
            time.sleep(_TICK_S)
            most = self._most
            with suppress(MemoryError, OSError):  # refused by the kernel, as the fit is
                if most is not None and self._passed(most) and self._most is most:
                    self._end()

    def _passed(self, most: _Most) -> bool:
        """The first look is cheap, and counts pages of the table that all workers share; the second does not."""
        resident, data = _resident_and_data()
        self._stuck = self._stuck + 1 if data > most.data else 0
        return self._stuck > _STUCK or (resident > most.resident and own_bytes() > most.own)

    def _end(self) -> None:
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


def _resident_and_data() -> tuple[int, int]:
    """Resident memory, shared pages included, and data (with the stack)."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (50 times a second)
        numbers = file.read().split()
    return int(numbers[1]) * _PAGE, int(numbers[5]) * _PAGE


def status_bytes(field: str) -> int:
    """A size of this process as the kernel tells it (`RssAnon`: private resident memory); 0 where it does not."""
    with suppress(OSError), Path("/proc/self/status").open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    return 0
