"""What an executor is told beside its work: how many workers, how many threads in each, which cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from automl.errors import error


@dataclass(frozen=True)
class ExecutorSettings:
    """`workers`: jobs at once (None: all CPUs); `threads`: CPUs of a job; `address`: a cluster, None: this machine.

    `preload`: modules that workers import before their first job, where they can; `warm`: the process that workers of
    this machine are forked from (a `Warm`), where it was started early; `shared`: what they are to do and its context
    (a `Shared`), where that is written already.
    """

    workers: int | None = None
    threads: int = 1
    address: str | None = None
    preload: tuple[str, ...] = ()
    warm: Any = None
    shared: Any = None

    def __post_init__(self) -> None:
        for name, count in (("workers", self.workers), ("threads", self.threads)):
            if count is not None and count < 1:
                raise error("EXE002", f"{name} is {count}", hint=f"{name} must be 1 or more")


def cpus_for(threads: int) -> int:
    """All CPUs that fits of so many threads may use. Raises AutomlError (EXE011) where not even one fit does."""
    cpus = cpu_count()
    if threads > cpus:
        text = f"a fit of {threads} CPUs does not fit: this machine has {cpus}"
        raise error("EXE011", text, hint="ask for fewer search.trial.cpus")
    return cpus


def cpu_count() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0))
