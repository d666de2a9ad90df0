"""`automl` as a process with faults: python -m tests.faults.driver POINT MARKER ARGUMENTS...

The fits that FAULTS names commit them: from the tenth unit on every third one, in this order. At POINT it makes the
file MARKER and goes on, or stays there (`!`): `starting`: Ray is about to start; `compiling!`; `fits`: a fit has
begun; `final!`: before the final fits; `emitting!`: half of the package's files are written; `closing!`: the
executor is to be closed; `nowhere`.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

from automl.cli.main import main
from automl.jobs import Job
from tests.e2e.data import RESAMPLES
from tests.e2e.driver import before, hold
from tests.faults.committed import MARK, faulty_run

FAULTS = "AUTOML_TEST_FAULTS"  # names with commas between
FILES = "AUTOML_TEST_FILES"  # bytes that a file may have from the tenth unit on, as on a full disk
_FIRST, _EVERY = 9, 3
ENDLESS, LATE_S = ("sleeps", "stubborn", "blocks"), 3.0  # these alone have a deadline that is ever reached


def commit_faults(names: list[str]) -> None:
    """Mark the jobs: which ones these are depends on the plan alone, as the order of submission does."""
    from automl.executors.inline import InlineExecutor
    from automl.executors.ray_tasks import RayExecutor
    from automl.executors.slots import SlotExecutor

    left, count = list(names), 0

    def faulty(inner: Callable[[Any, Job], None], executor: Any, job: Job) -> None:
        nonlocal count
        count += 1
        if left and not job.keep and count >= _FIRST and (count - _FIRST) % _EVERY == 0:
            name = left.pop(0)
            late = LATE_S if name in ENDLESS else job.timeout_s
            job = replace(job, candidate=MARK + name, timeout_s=late)
        inner(executor, job)

    for owner in (InlineExecutor, SlotExecutor, RayExecutor):
        owner.submit = partialmethod(partial(faulty, owner.submit))  # type: ignore[assignment]


def fill_disk(most: int) -> None:
    """From the tenth unit on no file may be longer than that."""
    from automl.search.record import Record

    count = 0

    def limit() -> None:
        nonlocal count
        count += 1
        if count == _FIRST:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    before(Record, "note_finished", limit)


def stop_at(point: str, marker: Path) -> None:
    """Prepare the stop."""
    from automl import training
    from automl.emit import write
    from automl.executors import ray_tasks, session, slots

    kind, act = point.removesuffix("!"), partial(hold if point.endswith("!") else Path.touch, marker)
    owners: dict[str, tuple[Any, str]] = {
        "starting": (session, "_start"),
        "compiling": (training, "check_lock"),
        "final": (training, "fit_final"),
        "fits": (slots.SlotExecutor, "_kill_overdue"),
        "closing": (ray_tasks.RayExecutor, "close"),
    }
    if kind in owners:
        before(*owners[kind], act)
    elif kind == "emitting":
        _after_some(write.Path, "write_bytes", 9, act)


def _after_some(owner: Any, name: str, calls: int, act: Callable[[], None]) -> None:
    count = [0]

    def maybe() -> None:
        count[0] += 1
        if count[0] == calls:
            act()

    before(owner, name, maybe)


if __name__ == "__main__":
    point, marker, *arguments = sys.argv[1:]
    # Whoever is started in the background of a shell, as CI may be, hands down that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import automl.driver.opening
    import automl.select.interval

    automl.driver.opening.run = faulty_run  # type: ignore[assignment]
    automl.select.interval.RESAMPLES = RESAMPLES
    if FILES in os.environ:
        fill_disk(int(os.environ[FILES]))
    commit_faults([name for name in os.environ.get(FAULTS, "").split(",") if name])
    stop_at(point, Path(marker))
    sys.exit(main(arguments))
