"""How time per fit and peak memory grow with rows, columns and trials: no worse than linear is the goal.

    python benchmarks/growth.py [--only rows columns trials] [--small] [--seed 0] [--out FILE]

Tables of numbers, categories, dates and missing cells are made here. Each size is one `automl train` of its own, local
executor, one worker, with LightGBM of 50 rounds and a linear model (trials: the linear one alone, on a tiny table).
Figures come from outside: the ledger's times of the fits, and /proc for the processes' CPU time and memory, read 20
times a second. Between two sizes the exponent is printed: log(cost ratio) / log(size ratio); at the third size that of
what was added, log((c3 - c2) / (c2 - c1)) / log(10), in which what does not grow (processes, imports) plays no part,
as far as the cost had grown by a tenth before. Full size: about 7 minutes on 2 cores; --small: 1 minute.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import yaml
from record import RESULTS, append, circumstances

from automl.report.history import trials_of
from automl.search.ledger import read_ledger

POLL_S = 0.05
TICK = os.sysconf("SC_CLK_TCK")
MB = 2.0**20
AXES = ("rows", "columns", "trials")
COSTS = ("fit_cpu_s", "driver_cpu_s", "driver_cpu_s_per_trial", "driver_mb", "worker_mb")


@dataclass(frozen=True)
class Size:
    """One run: what grows, and how large everything is."""

    axis: str
    rows: int
    columns: int
    trials: int

    @property
    def value(self) -> int:
        """The size along the axis."""
        return int(getattr(self, self.axis))


FULL = (
    *(Size("rows", rows, 10, 4) for rows in (10_000, 100_000, 1_000_000)),
    *(Size("columns", 10_000, columns, 4) for columns in (10, 100, 1000)),
    *(Size("trials", 500, 6, trials) for trials in (100, 1000, 10_000)),
)
SMALL = (
    *(Size("rows", rows, 10, 4) for rows in (10_000, 100_000)),
    *(Size("columns", 2000, columns, 4) for columns in (10, 100)),
    *(Size("trials", 500, 6, trials) for trials in (50, 200)),
)


@dataclass
class Watched:
    """What /proc said of a command's own process (the driver) and of the processes that it started."""

    driver_cpu_s: float = 0.0
    driver_bytes: int = 0
    worker_bytes: dict[int, int] = field(default_factory=dict)

    def look(self, driver: int) -> None:
        """Read them all once more."""
        for pid in (driver, *_children(driver)):
            try:
                status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
                times = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
            except OSError:
                continue  # it has just ended
            peak = next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)
            if pid == driver:
                self.driver_bytes = max(self.driver_bytes, peak)
                self.driver_cpu_s = sum(int(ticks) for ticks in times.split()[11:13]) / TICK or self.driver_cpu_s
            else:
                self.worker_bytes[pid] = max(self.worker_bytes.get(pid, 0), peak)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, then say how the costs grow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=AXES, default=AXES)
    parser.add_argument("--small", action="store_true", help="smaller tables and fewer trials")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "growth.jsonl")
    asked = parser.parse_args(arguments)
    print(f"{'axis':<9}{'size':>9}{'wall s':>9}" + "".join(f"{name:>24}" for name in COSTS), file=sys.stderr)
    for axis in asked.only:
        measured: list[dict[str, Any]] = []
        for size in SMALL if asked.small else FULL:
            if size.axis == axis:
                measured.append(measure(size, asked.seed))
                grown = exponents(measured)
                append(asked.out, {**measured[-1], "exponents": grown, **circumstances()})
                _tell(measured[-1], grown)


def measure(size: Size, seed: int) -> dict[str, Any]:
    """One run: seconds of CPU of a fit (mean over the units), of the driver, and the peaks of memory."""
    with tempfile.TemporaryDirectory(prefix="automl-bench-") as name:
        folder = Path(name)
        pa.csv.write_csv(table(size.rows, size.columns, seed), folder / "table.csv")
        (folder / "spec.yaml").write_text(yaml.safe_dump(spec_of(size, seed), sort_keys=False), encoding="utf-8")
        began = time.monotonic()
        watched = run(folder)
        wall = time.monotonic() - began
        events = read_ledger(folder / "run" / "ledger.jsonl").events
    fits = [event for event in events if event["event"] == "finished" and event["trial"] > 0]
    wrong = [trial.number for trial in trials_of(events) if trial.outcome not in ("ok", "pruned")]
    if wrong:
        raise RuntimeError(f"{size}: trials {wrong[:10]} failed")
    return {
        "measure": "growth",
        "axis": size.axis,
        "size": size.value,
        "rows": size.rows,
        "columns": size.columns,
        "trials": size.trials,
        "seed": seed,
        "wall_s": round(wall, 3),
        "units": len(fits),
        "fit_cpu_s": math.fsum(event["cpu_s"] for event in fits) / len(fits),
        "driver_cpu_s": watched.driver_cpu_s,
        "driver_cpu_s_per_trial": watched.driver_cpu_s / size.trials,
        "driver_mb": watched.driver_bytes / MB,
        "worker_mb": max(watched.worker_bytes.values()) / MB,
    }


def run(folder: Path) -> Watched:
    """`automl train` of the spec in the folder, watched."""
    command = [sys.executable, "-m", "automl", "train", "spec.yaml", "-o", "run", "--workers", "1", "-q"]
    watched = Watched()
    with (folder / "told.txt").open("w") as told:
        process = subprocess.Popen(command, cwd=folder, stdout=told, stderr=told)
        while process.poll() is None:
            watched.look(process.pid)
            time.sleep(POLL_S)
    if process.returncode != 0:
        raise RuntimeError((folder / "told.txt").read_text(encoding="utf-8")[-2000:])
    return watched


def spec_of(size: Size, seed: int) -> dict[str, Any]:
    """Two folds, and the same few trials whatever the size: the baseline, both families, more of them."""
    families = ["constant", "linear"] if size.axis == "trials" else ["constant", "lightgbm", "linear"]
    space = {} if size.axis == "trials" else {"space": {"lightgbm": {"num_rounds": 50}}}
    return {
        "version": 1,
        "name": "growth",
        "task": "binary",
        "data": {"path": "table.csv", "target": "y", "positive": "yes"},
        "metric": "roc_auc",
        "validation": {"folds": 2},
        "search": {"seed": seed, "budget": {"trials": size.trials}, "families": families, **space},
        "run": {"executor": "local"},
    }


def table(rows: int, columns: int, seed: int) -> pa.Table:
    """In turn: three columns of numbers (one with missing cells), one of categories, one of dates (a tenth at most)."""
    dice = np.random.default_rng([seed, rows, columns])
    found: dict[str, Any] = {}
    score = np.zeros(rows)
    for number in range(columns):
        values = dice.normal(size=rows).round(3)
        if number < 10:
            score += values * (number % 3)
        kind = number % 10
        if kind in (3, 6):
            found[f"c{number}"] = pa.array(np.array(["north", "east", "south", "west"])[(values * 2).astype(int) % 4])
        elif kind == 8:
            days = (19_000 + values * 300).astype("datetime64[D]")
            found[f"c{number}"] = pa.array(days)
        else:
            mask = dice.random(rows) < 0.1 if kind == 1 else None
            found[f"c{number}"] = pa.array(values, mask=mask)
    found["y"] = pa.array(np.where(score + dice.normal(size=rows) * 3 > 0, "yes", "no"))
    return pa.table(found)


def exponents(measured: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """How every cost of the last size grew: since the size before, or what was added since then (see the top)."""
    found: dict[str, float] = {}
    if len(measured) < 2:
        return found
    step = math.log(measured[-1]["size"] / measured[-2]["size"])
    for cost in COSTS:
        *earlier, before, now = (one[cost] for one in measured)
        if earlier and before > 1.1 * earlier[-1]:
            before, now = before - earlier[-1], now - before
        if before > 0.0 and now > 0.0:
            found[cost] = round(math.log(now / before) / step, 3)
    return found


def _tell(found: Mapping[str, Any], grown: Mapping[str, float]) -> None:
    cells = (f"{found[cost]:>14.3f}" + (f"  (^{grown[cost]:.2f})" if cost in grown else "").rjust(10) for cost in COSTS)
    print(f"{found['axis']:<9}{found['size']:>9}{found['wall_s']:>9.1f}" + "".join(cells), file=sys.stderr, flush=True)


def _children(pid: int) -> Iterator[int]:
    """All processes that descend from it."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return
    for task in tasks:
        try:
            found = [int(one) for one in (task / "children").read_text(encoding="ascii").split()]
        except OSError:
            continue
        for child in found:
            yield child
            yield from _children(child)


if __name__ == "__main__":
    main()
