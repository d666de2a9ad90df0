"""2,000 trials of a second on average, which sleep, on 4 nodes with 16 CPUs on this machine: how near to ideal that is.

Ideal is the sum of what all units sleep over the number of workers. Once with trials of one length; once with lognormal
ones (sigma 0.5) of which the plan knows the mean only. A warm-up comes first. Beside it, in the same run, Ray Tune with
OptunaSearch on the same trials, as many of them as asked for: it takes far longer. Virtual slots: 4 for each worker
(simulate.py shows what that buys).

Full size: five minutes, and with Tune at 200 trials about as long again.

    python benchmarks/cluster.py --tune /opt/tune/bin/python

That environment: `uv venv /opt/tune`, then `uv pip install 'ray[tune]' optuna` into it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from record import parser_of, record, row
from synthetic import Lengths, plan_of, searched, sleep
from tune_side import add_options, measured_by

from automl.executors.ray_tasks import RayExecutor
from automl.executors.session import start_ray
from automl.search.events import Event, Finished

GOAL = 0.97
NODES, CPUS = 4, 4
SLOTS_PER_WORKER = 4
KINDS = {"constant": Lengths(1.0), "lognormal": Lengths(1.0, 0.5, None)}
WIDTHS = [12, 24, 8, 10, 10, 10]
STORE_BYTES = 100 * 2**20


def main() -> None:
    """Start the cluster, measure, print, keep."""
    options = _options()
    os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    from ray.cluster_utils import Cluster

    row(["lengths", "system", "trials", "ideal s", "wall s", "share"], WIDTHS)
    cluster = Cluster()
    try:
        for _ in range(NODES):
            cluster.add_node(num_cpus=CPUS, include_dashboard=False, object_store_memory=STORE_BYTES)
        session = start_ray(cluster.address, NODES * CPUS)
        for kind in options.kinds:
            ours(options, kind, session)
        session.close()
    finally:
        import ray

        ray.shutdown()
        cluster.shutdown()
    for kind in options.kinds if options.tune else ():
        tune(options, kind)


def ours(options: argparse.Namespace, kind: str, session: Any) -> None:
    """Our search on that cluster."""
    lengths, workers = KINDS[kind], NODES * CPUS
    executor = RayExecutor(sleep, lengths, session)
    try:
        searched(plan_of(4 * workers, SLOTS_PER_WORKER * workers), executor)
        plan = plan_of(options.trials, SLOTS_PER_WORKER * workers, lengths)
        asked: list[float] = []  # what the units were told to sleep
        wall, cpu = time.perf_counter(), time.process_time()
        result = searched(plan, executor, lambda event: asked.extend(_slept(event, lengths)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        executor.close()
    found = {"driver_ms_per_unit": round(1000 * cpu / result.settled_units, 3), "units": result.settled_units}
    tell(options, (kind, "automl", options.trials), (math.fsum(asked) / workers, wall), found)


def _slept(event: Event, lengths: Lengths) -> list[float]:
    return [lengths.seconds(event.unit.trial)] if isinstance(event, Finished) and event.unit.trial else []


def tune(options: argparse.Namespace, kind: str) -> None:
    """Ray Tune on a cluster like it, in a process of its own, with the first of the same trials."""
    lengths = [KINDS[kind].seconds(trial) for trial in range(options.tune_trials)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lengths.json"
        file.write_text(json.dumps(lengths), encoding="utf-8")
        given = ("--trials", len(lengths), "--cpus", NODES * CPUS, "--nodes", NODES, "--lengths", file)
        wall = measured_by(options.tune, *given)
    spent = math.fsum(lengths) / (NODES * CPUS), wall
    tell(options, (kind, "ray tune, OptunaSearch", len(lengths)), spent, {})


def tell(
    options: argparse.Namespace, who: tuple[str, str, int], spent: tuple[float, float], more: dict[str, Any]
) -> None:
    """One line of the table, one measure. `spent`: ideal and wall seconds."""
    (kind, system, trials), (ideal, wall) = who, spent
    row([kind, system, trials, ideal, wall, ideal / wall], WIDTHS)
    found: dict[str, Any] = {"measure": "share of ideal on a cluster", "lengths": kind, "system": system}
    found |= {"value": round(ideal / wall, 4), "goal": GOAL, "ideal_s": round(ideal, 2), "wall_s": round(wall, 2)}
    found |= {"trials": trials, "nodes": NODES, "cpus": NODES * CPUS, "slots_per_worker": SLOTS_PER_WORKER, "seed": 0}
    record("cluster", {**found, **more}, options.keep)


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    add_options(parser, 200)
    return parser.parse_args()


if __name__ == "__main__":
    main()
