"""What the search's driver costs by itself: units per second, resident memory, bytes of ledger, and the way back.

A search without fits (an executor in this process that answers at once), its ledger on the disk: resident memory from
trial 1,000 to the last one, then the same run continued from its ledger. Suggestions come from the real sampler, over
`--parameters` parameters. 100,000 trials with one parameter take about four minutes on 2 cores; `--trials 3000
--no-keep` a few seconds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from noop import NoopExecutor, plan_over, unit_space
from record import record

from automl.search.budget import SearchSettings
from automl.search.events import Asked, Event, SearchResult
from automl.search.ledger import Ledger
from automl.search.loop import run_search

FIRST = 1000  # from this trial on memory must hardly grow
GOALS = {"growth_mb": 20.0, "units_per_s": 500.0}


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--parameters", type=int, default=1)
    parser.add_argument("--no-keep", action="store_true", help="print only")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder) / "ledger.jsonl", asked.trials, asked.parameters)
    for name, value in found.items():
        goal = f"   goal {GOALS[name]:g}" if name in GOALS else ""
        print(f"{name:<24}{value:>14,.1f}{goal}", file=sys.stderr)
    record("driver", {"measure": "driver", "seed": 0, **found}, keep=not asked.no_keep)


def measure(path: Path, trials: int, parameters: int) -> dict[str, float]:
    """A whole run and its continuation. Memory in MB (10^6 bytes), times in seconds of wall and of CPU."""
    run = _Run(path, trials, parameters)
    result, wall_s, cpu_s = run.go()
    again = _Run(path, trials, parameters)
    resumed, resume_s, _ = again.go()
    assert resumed.best == result.best, "the same run has the same end"
    units = result.settled_units
    return {
        "trials": trials, "parameters": parameters, "units": units,
        "wall_s": wall_s, "cpu_s": cpu_s, "units_per_s": units / wall_s, "units_per_cpu_s": units / cpu_s,
        "first_mb": run.seen[FIRST], "last_mb": run.seen[trials - 1],
        "growth_mb": run.seen[trials - 1] - run.seen[FIRST],
        "ledger_bytes_per_trial": path.stat().st_size / trials,
        "resume_s": resume_s, "resume_growth_mb": again.seen[trials - 1] - run.seen[trials - 1],
    }  # fmt: skip


class _Run:
    """One session over the ledger; `seen`: resident memory by trial."""

    def __init__(self, path: Path, trials: int, parameters: int) -> None:
        self.path, self.trials = path, trials
        self.plan = plan_over(unit_space(parameters))
        self.seen: dict[int, float] = {}

    def go(self) -> tuple[SearchResult, float, float]:
        """The result, and the seconds of wall and of CPU."""
        wall, cpu = time.perf_counter(), time.process_time()
        there = self.path.exists()
        ledger = Ledger.open(self.path) if there else Ledger.create(self.path, {"search": self.plan.search_digest})
        executor: Any = NoopExecutor()
        try:
            result = run_search(self.plan, executor, ledger, SearchSettings(trials=self.trials), self._watch)
        finally:
            ledger.close()
        return result, time.perf_counter() - wall, time.process_time() - cpu

    def _watch(self, event: Event) -> None:
        if isinstance(event, Asked) and event.trial in (FIRST, self.trials - 1):
            self.seen[event.trial] = resident_mb()


def resident_mb() -> float:
    """This process's resident memory, as Linux says it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
