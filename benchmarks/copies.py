"""How many copies of the table a node holds: memory of the driver and all its workers, against the table's size.

N workers on one machine read the whole of a large table of numbers, and then wait. The proportional set sizes (PSS,
/proc/PID/smaps_rollup: a page that k processes share counts 1/k in each) of the driver, its workers and Ray's own
processes are added up, with the same for a table of one row taken off. What is left, over the size of the table, is the
number of copies: two are expected at any N (the driver's own arrays, and one that all workers share), N + 1 where each
worker had its own. Full size (1 GiB; local and Ray; 1, 2, 4 and 8 workers): about three minutes on 2 cores.

    python benchmarks/copies.py --mib 1024
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from record import record, row

from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from automl.jobs import Executor, Job
from automl.rows import ALL

MIB = 2**20
COLUMNS = 16
WIDTHS = [10, 10, 14, 14, 10]


def main() -> None:
    """Measure, print, keep."""
    options = _options()
    row(["executor", "workers", "table MiB", "held MiB", "copies"], WIDTHS)
    for name in options.executors:
        for workers in options.workers:
            empty, _ = in_a_driver(name, workers, 0)
            full, apart = in_a_driver(name, workers, options.mib)
            held = full - empty
            row([name, workers, options.mib, round(held), held / options.mib], WIDTHS)
            found = {"executor": name, "workers": workers, "table_mib": options.mib, "held_mib": round(held, 1)}
            copies = {"copies": round(held / options.mib, 3), "workers_seen": apart}
            record("copies", {"measure": "copies of the table", **found, **copies}, keep=not options.dry)


def in_a_driver(name: str, workers: int, mib: int) -> tuple[float, int]:
    """`held` in a process of its own, so that no driver has anything of the one before."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(import_module("copies").held, name, workers, mib).result()  # workers know no `__main__`


def held(name: str, workers: int, mib: int) -> tuple[float, int]:
    """MiB of the driver and all its processes, while every worker has read its table; and how many workers did."""
    rows = max(1, mib * MIB // 8 // COLUMNS)
    table = {f"x{column}": np.arange(rows, dtype=np.float64) for column in range(COLUMNS)}
    executor = open_executor(name, read_and_wait, table, ExecutorSettings(workers=workers))
    try:
        seen = _all_read(executor, workers)
        return sum(_pss(process) for process in _family(os.getpid())) / MIB, len(seen)
    finally:
        executor.close()


def read_and_wait(table: dict[str, Any], job: Job) -> float:
    """Touch every page of the table, and stay a while, so that each worker gets one job."""
    total = float(sum(column.sum() for column in table.values()))
    time.sleep(float(job.params["stay"]))
    return total


def _all_read(executor: Executor, workers: int) -> set[str]:
    """Rounds of one job for each worker, until all have had one: then the table is in all of them."""
    seen: set[str] = set()
    for attempt in range(10):
        for number in range(workers):
            executor.submit(Job(f"{attempt}/{number}", "read", {"stay": 0.5 * (attempt + 1)}, ALL, None))
        for _ in range(workers):
            done = executor.wait()
            assert done is not None and done.error is None, done
            seen.add(done.worker)
        if len(seen) == workers:
            break
    return seen


def _family(root: int) -> Iterable[int]:
    """A process and all that descends from it. Ray's own processes are the driver's children."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(parent, []).append(int(place.name))
    found = [root]
    for process in found:  # grows while it is read
        found += children.get(process, [])
    return found


def _pss(process: int) -> int:
    """Bytes, shared pages in parts."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Copies of the table on one node.")
    parser.add_argument("--mib", type=int, default=1024, help="size of the table")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--executors", nargs="+", default=["local", "ray"])
    parser.add_argument("--dry", action="store_true", help="keep no lines")
    return parser.parse_args()


if __name__ == "__main__":
    main()
