"""Units that fit nothing, per second through the whole loop: ask, submit, finish, settle, ledger on disk.

With every executor, beside a bare `ray.wait` loop over as many actors in the same cluster (one call per unit, nothing
asked, nothing written), and beside Ray Tune with OptunaSearch where an environment of it is given. Asks are those of a
portfolio. Full size: about a minute on 2 cores, and two more with Tune:

    python benchmarks/throughput.py --tune /opt/tune/bin/python

That environment: `uv venv /opt/tune`, then `uv pip install 'ray[tune]' optuna` into it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from record import parser_of, record, row
from synthetic import no_op, plan_of, searched
from tune_side import add_options, measured_by

from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from automl.jobs import Done, Executor, Job, Outcome, Scores

GOAL = 500.0
WIDTHS = [28, 10, 12, 16]


def main() -> None:
    """Measure, print, keep."""
    options = _options()
    row(["system", "units", "units/s", "driver ms/unit"], WIDTHS)
    for name in options.executors:
        executor = open_executor(name, no_op, None, ExecutorSettings(workers=options.workers))
        try:
            searched(plan_of(options.warm, options.slots), executor)
            tell(options, name, *looped(executor, options.units, options.slots))
            if name == "ray":
                tell(options, "bare ray.wait loop", *bare(options.workers, options.units))
        finally:
            executor.close()
    if options.tune:
        took = measured_by(options.tune, "--trials", options.tune_trials, "--cpus", options.workers)
        tell(options, "ray tune, OptunaSearch", options.tune_trials, took, float("nan"))


def looped(executor: Executor, units: int, slots: int) -> tuple[int, float, float]:
    """Units, wall seconds, and CPU seconds of this process."""
    plan = plan_of(units, slots)
    wall, cpu = time.perf_counter(), time.process_time()
    result = searched(plan, executor)
    return result.settled_units, time.perf_counter() - wall, time.process_time() - cpu


def bare(workers: int, units: int) -> tuple[int, float, float]:
    """The ceiling of one call per unit: actors that answer at once, each asked again as soon as it has answered."""
    import ray

    actors = [ray.remote(num_cpus=0)(_Bare).remote() for _ in range(workers)]
    plan = plan_of(2, 1)
    folds = plan.rows.fold(0, "in"), plan.rows.fold(0, "out")
    jobs = [Job(f"sha256:{i:064d}", "c1", plan.candidates[1].defaults, *folds) for i in range(units)]
    ray.get([actor.run.remote(jobs[0]) for actor in actors])
    wall, cpu = time.perf_counter(), time.process_time()
    running: dict[Any, Any] = {actor.run.remote(jobs.pop()): actor for actor in actors}
    while running:
        ready, _ = ray.wait(list(running))
        for reference in ready:
            ray.get(reference)
            actor = running.pop(reference)
            if jobs:
                running[actor.run.remote(jobs.pop())] = actor
    took = time.perf_counter() - wall, time.process_time() - cpu
    for actor in actors:
        ray.kill(actor)
    return units, *took


class _Bare:
    def run(self, job: Job) -> Done:
        return Done(job.key, Outcome.OK, Scores(0.5))


def tell(options: argparse.Namespace, system: str, units: int, wall_s: float, cpu_s: float) -> None:
    """One line of the table, one measure."""
    rate, driver = units / wall_s, 1000 * cpu_s / units
    row([system, units, round(rate, 1), round(driver, 3)], WIDTHS)
    found: dict[str, Any] = {"measure": "no-op units per second", "system": system, "value": round(rate, 1)}
    found |= {
        "unit": "1/s",
        "goal": GOAL,
        "units": units,
        "workers": options.workers,
        "slots": options.slots,
        "seed": 0,
    }
    if driver == driver:
        found["driver_ms_per_unit"] = round(driver, 4)
    record("throughput", found, options.keep)


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--warm", type=int, default=500, help="units before the measured ones")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--slots", type=int, default=32, help="search.parallelism")
    parser.add_argument("--executors", nargs="+", default=["inline", "local", "ray"])
    add_options(parser, 40)
    return parser.parse_args()


if __name__ == "__main__":
    main()
