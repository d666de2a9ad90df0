"""What the plan foretells of a fit against what it took: CPU seconds and memory, by candidate, on ten real tasks.

    python benchmarks/forecasts.py [--tasks NAME ...] [--out FILE]

Every candidate with its default parameters, on the last fold, alone in a process of its own (forked, with all
libraries loaded and nothing in its cache), measured as a worker measures. Printed are the ratios foretold / measured:
the median and the worst, which for memory is the lowest one (a fit that takes more than was foretold), and of the
seconds the standard deviation of the logarithm, which virtual time has to bear. Fits of less than SMALL_S seconds or
SMALL_MB are left out of the ratios: nothing depends on them. Full size: about 5 minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import gc
import math
import multiprocessing
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, pstdev
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before numpy loads: one thread, as in a worker
    os.environ[_variable] = "1"

import lightgbm  # noqa: E402, F401 (loaded before processes are forked)
import sklearn.ensemble  # noqa: E402
import sklearn.linear_model  # noqa: E402
import sklearn.neural_network  # noqa: E402, F401
import yaml  # noqa: E402
from real_tasks import spec_of  # noqa: E402
from record import RESULTS, append, circumstances  # noqa: E402
from tasks import load_tasks, split  # noqa: E402

from automl.executors.worker import execute  # noqa: E402
from automl.fit import FitContext, run  # noqa: E402
from automl.jobs import Job, Outcome  # noqa: E402
from automl.planning import make_plan  # noqa: E402

TASKS = (
    "adult", "diamonds", "letter", "clothing_reviews", "bike_sharing", "california_housing", "hflights_delay15",
    "jasmine", "wine_quality", "freMTPL2freq",
)  # fmt: skip
SMALL_S, SMALL_MB = 0.05, 8.0
MB = 2.0**20


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every task, then print the ratios by candidate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="NAME")
    parser.add_argument("--out", type=Path, default=RESULTS / "forecasts.jsonl")
    asked = parser.parse_args(arguments)
    found: list[dict[str, Any]] = []
    for name in asked.tasks:
        for line in measured(name):
            append(asked.out, {**line, **circumstances()})
            found.append(line)
            shown = f"{line['cpu_s']:9.2f} s ({line['forecast_s']:.2f}){line['mb']:9.0f} MB ({line['forecast_mb']:.0f})"
            print(f"{name:<20}{line['candidate']:<26}{shown}", file=sys.stderr, flush=True)
    _tell(found)


def measured(name: str) -> Iterator[dict[str, Any]]:
    """One line for each candidate of a task."""
    task = load_tasks()[name]
    with tempfile.TemporaryDirectory(prefix="automl-bench-") as folder:
        halves = split(task, Path(folder))
        spec = Path(folder) / "spec.yaml"
        spec.write_text(yaml.safe_dump(spec_of(task, halves, 0), sort_keys=False), encoding="utf-8")
        planned = make_plan(spec)
    plan, context = planned.plan, FitContext(planned.plan, planned.dataset)
    for one in plan.candidates:
        last = plan.rows.fold_count - 1  # in time the largest one
        job = Job(one.id, one.id, one.defaults, plan.rows.fold(last, "in"), plan.rows.fold(last, "out"))
        done = _alone(context, job)
        if done.outcome is not Outcome.OK:
            raise RuntimeError(f"{name}: {one.id}: {done.error}")
        yield {
            "measure": "forecast",
            "task": name,
            "candidate": one.id,
            "estimator": one.graph.output.op,
            "cpu_s": done.cpu_s,
            "forecast_s": one.forecast.cpu_s,
            "mb": done.peak_bytes / MB,
            "forecast_mb": one.forecast.memory_bytes / MB,
            "seed": 0,
        }


def _alone(context: FitContext, job: Job) -> Any:
    """The job in a child of this process."""
    near, far = multiprocessing.Pipe()
    gc.collect()
    child = multiprocessing.get_context("fork").Process(target=_send, args=(far, context, job))
    child.start()
    far.close()
    done = near.recv()
    child.join()
    return done


def _send(pipe: Connection, context: FitContext, job: Job) -> None:
    pipe.send(execute(run, context, job))


def _tell(lines: Sequence[dict[str, Any]]) -> None:
    """Foretold / measured, by estimator and over all."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        groups[line["estimator"]].append(line)
        groups["all"].append(line)
    heads = ("median", "lowest", "highest", "sigma", "median", "lowest", "highest")
    print(f"\n{'foretold / measured':<26}{'seconds':>8}{'':>28}{'memory':>8}", file=sys.stderr)
    print(f"{'':<26}" + "".join(f"{head:>9}" for head in heads), file=sys.stderr)
    for name, group in groups.items():
        seconds = [line["forecast_s"] / line["cpu_s"] for line in group if line["cpu_s"] >= SMALL_S]
        memory = [line["forecast_mb"] / line["mb"] for line in group if line["mb"] >= SMALL_MB]
        cells = [*_spread(seconds), pstdev(map(math.log, seconds)) if seconds else math.nan, *_spread(memory)]
        print(f"{name:<26}" + "".join(f"{cell:>9.2f}" for cell in cells), file=sys.stderr)


def _spread(ratios: Sequence[float]) -> tuple[float, float, float]:
    return (median(ratios), min(ratios), max(ratios)) if ratios else (math.nan, math.nan, math.nan)


if __name__ == "__main__":
    main()
