"""What is saved when a worker keeps shared steps and bins: the same search with and without, on five real tasks.

    python benchmarks/prefixes.py [--tasks NAME ...] [--trials 24] [--seed 0] [--out FILE]

Every fit of a short search runs twice in this process, in turn the one or the other first: once with what the fits
before have left (steps in the cache, LightGBM's bins), once with nothing. Both must give the same scores, bit by bit.
Told are units per second of CPU and the ratio, over all and without the first time of each candidate, which pays for
both. Full size: about 8 minutes on 2 cores.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before numpy loads: one thread, as in a worker
    os.environ[_variable] = "1"

import yaml  # noqa: E402
from real_tasks import spec_of  # noqa: E402
from record import RESULTS, append, circumstances  # noqa: E402
from tasks import load_tasks, split  # noqa: E402

from automl import fit  # noqa: E402
from automl.executors.inline import InlineExecutor  # noqa: E402
from automl.fit import FitContext  # noqa: E402
from automl.jobs import Job  # noqa: E402
from automl.planning import make_plan  # noqa: E402
from automl.search.budget import SearchSettings  # noqa: E402
from automl.search.ledger import Ledger  # noqa: E402
from automl.search.loop import run_search  # noqa: E402

TASKS = ("adult", "diamonds", "letter", "clothing_reviews", "bike_sharing")


@dataclass
class Twice:
    """Runs a job with and without what was kept; CPU seconds of both, and whether its candidate was new."""

    taken: list[tuple[float, float, bool]] = field(default_factory=list)
    seen: set[tuple[str, object]] = field(default_factory=set)

    def __call__(self, context: FitContext, job: Job) -> object:
        """The result. Raises RuntimeError where the two differ."""
        place = (job.candidate, job.fit_rows)
        first = len(self.taken) % 2
        found: dict[int, tuple[float, object]] = {}
        for arm in (first, 1 - first):
            found[arm] = _without(context, job) if arm else _timed(context, job)
        if found[0][1] != found[1][1]:
            raise RuntimeError(f"{job.candidate} {dict(job.params)}: other scores with what was kept than without")
        self.taken.append((found[0][0], found[1][0], place in self.seen))
        self.seen.add(place)
        return found[0][1]


def _timed(context: FitContext, job: Job) -> tuple[float, object]:
    began = time.process_time()
    result = fit.run(context, job)
    return time.process_time() - began, result


def _without(context: FitContext, job: Job) -> tuple[float, object]:
    kept = dict(fit._ENGINES)
    fit._ENGINES.clear()
    found = _timed(context, job)
    fit._ENGINES.clear()
    fit._ENGINES.update(kept)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every task."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tasks", nargs="+", default=TASKS, metavar="NAME")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "prefixes.jsonl")
    asked = parser.parse_args(arguments)
    print(f"{'task':<20}{'units':>7}{'kept /s':>10}{'nothing /s':>12}{'ratio':>8}{'again':>8}", file=sys.stderr)
    for name in asked.tasks:
        line = measured(name, asked.trials, asked.seed)
        append(asked.out, {**line, **circumstances()})
        cells = f"{line['units_per_s']:>10.2f}{line['units_per_s_without']:>12.2f}{line['ratio']:>8.3f}"
        print(f"{name:<20}{line['units']:>7}{cells}{line['ratio_again']:>8.3f}", file=sys.stderr, flush=True)


def measured(name: str, trials: int, seed: int) -> dict[str, Any]:
    """One search of a task, every fit twice."""
    task = load_tasks()[name]
    with tempfile.TemporaryDirectory(prefix="automl-bench-") as place:
        folder = Path(place)
        spec = folder / "spec.yaml"
        spec.write_text(yaml.safe_dump(spec_of(task, split(task, folder), seed), sort_keys=False), encoding="utf-8")
        planned = make_plan(spec)
        twice = Twice()
        executor = InlineExecutor(twice, FitContext(planned.plan, planned.dataset))
        ledger = Ledger.create(folder / "ledger.jsonl", {"search": planned.plan.search_digest})
        try:
            run_search(planned.plan, executor, ledger, SearchSettings(trials=trials), _ignore)
        finally:
            ledger.close()
    kept, nothing = (sum(pair[arm] for pair in twice.taken) for arm in (0, 1))
    again = [pair for pair in twice.taken if pair[2]]
    return {
        "measure": "shared steps",
        "task": name,
        "trials": trials,
        "seed": seed,
        "units": len(twice.taken),
        "units_per_s": len(twice.taken) / kept,
        "units_per_s_without": len(twice.taken) / nothing,
        "ratio": nothing / kept,
        "ratio_again": sum(pair[1] for pair in again) / sum(pair[0] for pair in again) if again else 1.0,
    }


def _ignore(_: object) -> None:
    """Of the search's story, nothing is told."""


if __name__ == "__main__":
    main()
