"""Ray Tune with OptunaSearch on given trials: the last word it prints is the wall time in seconds of `fit()`.

Run for throughput.py and cluster.py with the Python of an environment that has ray[tune] and optuna; imports nothing of
automl. Trials sleep as long as a file says (JSON, a number for each trial), else not at all.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Start or join a cluster, warm it, run the trials."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, required=True)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--lengths", type=Path)
    options = parser.parse_args()
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AIR_NEW_OUTPUT": "0"}
    lengths = json.loads(options.lengths.read_text()) if options.lengths else []
    import ray
    from ray.cluster_utils import Cluster

    per_node = options.cpus // options.nodes
    cluster = Cluster()
    for _ in range(options.nodes):
        cluster.add_node(num_cpus=per_node, include_dashboard=False, object_store_memory=100 * 2**20)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    try:
        tuned([0.0] * options.cpus, options.cpus)  # workers are warm after it
        print(tuned(lengths or [0.0] * options.trials, options.cpus))
    finally:
        ray.shutdown()
        cluster.shutdown()


def add_options(parser: argparse.ArgumentParser, trials: int) -> None:
    """What a program says that has this one run."""
    parser.add_argument("--tune", help="a Python that has ray[tune] and optuna")
    parser.add_argument("--tune-trials", type=int, default=trials)


def measured_by(python: str, *arguments: object) -> float:
    """What this program prints when that Python runs it."""
    line = [python, __file__, *(str(argument) for argument in arguments)]
    ran = subprocess.run(line, check=True, capture_output=True, text=True)
    return float(ran.stdout.split()[-1])


_NUMBERS = itertools.count()


def space(trial: Any) -> dict[str, Any]:
    """What is suggested, and beside it a constant: the trial's number, from which its length comes."""
    trial.suggest_int("leaves", 2, 256)
    trial.suggest_int("depth", 1, 9)
    return {"number": next(_NUMBERS)}


def tuned(lengths: list[float], workers: int) -> float:
    """Wall seconds of one Tune run over trials of these lengths, as many at once as there are CPUs."""
    from ray import tune
    from ray.tune.search import ConcurrencyLimiter
    from ray.tune.search.optuna import OptunaSearch

    def objective(config: dict[str, Any]) -> dict[str, float]:
        time.sleep(lengths[config["number"] % len(lengths)])
        return {"score": config["leaves"] / 256.0}

    search = OptunaSearch(space=space, metric="score", mode="max", seed=0)
    limited = ConcurrencyLimiter(search, max_concurrent=workers)
    tuner = tune.Tuner(
        tune.with_resources(objective, {"cpu": 1}),
        tune_config=tune.TuneConfig(num_samples=len(lengths), search_alg=limited),
        run_config=tune.RunConfig(verbose=0),
    )
    began = time.perf_counter()
    tuner.fit()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
