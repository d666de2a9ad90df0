"""Faults that a fit may commit, by name. Importable by workers."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from automl import fit
from automl.jobs import Job
from tests.e2e.delays import delayed_run

MIB = 2**20
FLOOD = 100 * MIB
MARK = "commits "  # before a fault, in the place of the name of a job's candidate


def _raises() -> object:
    raise ValueError("no such luck")


def _segfaults() -> object:
    return ctypes.string_at(0)


def _objects() -> object:
    kept: list[object] = []
    while True:
        kept.append([object() for _ in range(1000)])


def _arrays() -> object:
    kept = []
    while True:
        kept.append(np.ones(MIB))


def _booster() -> object:
    """LightGBM wants one histogram for each of many leaves and columns: gigabytes, in native code."""
    import lightgbm

    dice = np.random.default_rng(0)
    table = lightgbm.Dataset(dice.random((20_000, 200)), dice.random(20_000), params={"max_bin": 250})
    wide = {"num_leaves": 20_000, "min_data_in_leaf": 1, "num_threads": 1, "verbosity": -1, "histogram_pool_size": -1}
    return lightgbm.train({**wide, "max_bin": 250}, table, 5).num_trees()


def _maps() -> object:
    """Shared memory of no file: RLIMIT_DATA does not count it."""
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 8 * MIB))
        kept[-1].write(b"x" * 8 * MIB)


def _sleeps() -> object:
    time.sleep(3600)
    return None


def _stubborn() -> object:
    """Ignores what asks it to end, and catches what is raised in it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    while True:
        try:
            time.sleep(0.01)
        except BaseException:
            continue


def _blocks() -> object:
    """In C, with Python's lock held: no thread of this process runs any Python."""
    return ctypes.PyDLL(None).sleep(3600)


def _floods() -> object:
    line = b"a warning that a library says again and again\n" * 1000
    for _ in range(FLOOD // len(line) + 1):
        os.write(2, line)
    return None


COMMITTED: dict[str, Callable[[], object]] = {
    "raises": _raises,
    "nan": lambda: float("nan"),
    "segfaults": _segfaults,
    "exits": lambda: os._exit(7),
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "objects": _objects,
    "arrays": _arrays,
    "booster": _booster,
    "maps": _maps,
    "sleeps": _sleeps,
    "stubborn": _stubborn,
    "blocks": _blocks,
    "floods": _floods,
}


def _marks(params: Mapping[str, Any]) -> object:
    """Write this process's number to a file and wait to be killed; in the second life, say so."""
    mark = Path(str(params["mark"]))
    if mark.exists():
        return "second life"
    made = mark.with_suffix(".new")
    made.write_text(str(os.getpid()))
    made.rename(mark)
    return _sleeps()


def faulty_run(context: fit.FitContext, job: Job) -> object:
    """`automl.fit.run` after a pause, or a fault."""
    if job.candidate.startswith(MARK):
        return COMMITTED[job.candidate.removeprefix(MARK)]()
    return delayed_run(context, job)


def commit(_context: Any, job: Job) -> object:
    """Run function: commit the fault that the job's parameter names; of any other, give its value back."""
    name = str(job.params["do"])
    if name == "marks":
        return _marks(job.params)
    return COMMITTED[name]() if name in COMMITTED else job.params["value"]
