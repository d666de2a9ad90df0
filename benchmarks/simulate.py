"""How much of a large cluster is busy, by simulation: the loop's real code, its ledger included, and workers that are
numbers on an event clock. No Ray, no sleeping.

The price of an order that no machine decides is that the driver waits for the unit whose turn it is while others have
ended; `search.parallelism` (virtual slots) above the number of workers pays it. The tables say how much it takes, for
trials of one length and lognormal ones, and plans that predict lengths well or badly. Two shares are told: of the whole
search, and without its tail (up to the moment at which the last trial was handed to the executor, when workers begin to
run out of work whatever the order is). Driver time is CPU time per unit of this process.

Full size: about four minutes on 2 cores.

    python benchmarks/simulate.py            # --quick: 16 workers only
"""

from __future__ import annotations

import heapq
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from record import parser_of, record, row
from synthetic import Lengths, no_op, plan_of, searched, trial_of

from automl.jobs import Done, Job, Outcome

SIGMAS, ERRORS, RATIOS = (0.0, 0.5, 1.0), (0.0, 0.5, 1.0), (1, 2, 3, 4, 8)
TRIALS = {16: 100, 100: 40, 1000: 30, 10_000: 12}  # for each worker
GRID = (16, 100)  # workers for which everything is tried; beyond, what follows
LARGE = ((0.0, 0.0), (0.5, 0.5), (1.0, 0.5))  # spread and error of the prediction
LARGE_RATIOS = {1000: (3, 8), 10_000: (3,)}
WIDTHS = [9, 8, 8, 8, 9, 9, 13, 9, 16]


@dataclass
class SimulatedWorkers:
    """An executor on a clock of its own: a job ends as long after its start as its trial takes. Seconds, simulated."""

    workers: int
    lengths: Lengths
    now: float = 0.0
    last_start: float = 0.0  # when there was something left in the queue for the last time
    busy: float = 0.0
    _queue: deque[Job] = field(default_factory=deque)
    _running: list[tuple[float, str, Job]] = field(default_factory=list)
    _spans: list[tuple[float, float]] = field(default_factory=list)

    def submit(self, job: Job) -> None:
        """Start it, or queue it."""
        if len(self._running) < self.workers:
            self._start(job)
        else:
            self._queue.append(job)

    def wait(self, timeout_s: float | None = None) -> Done | None:  # noqa: ARG002 (no clock runs)
        """What ends next; the clock moves there."""
        if not self._running:
            return None
        self.now, _, job = heapq.heappop(self._running)
        if self._queue:
            self._start(self._queue.popleft())
        return Done(job.key, Outcome.OK, no_op(None, job), wall_s=self.lengths.seconds(trial_of(job)))

    def drop(self) -> None:
        """Forget everything."""
        self._queue.clear()
        self._running.clear()

    def close(self) -> None:
        """Forget everything."""
        self.drop()

    def share(self, until: float) -> float:
        """Of all workers' time from the start until then, how much was work."""
        busy = sum(max(0.0, min(end, until) - begin) for begin, end in self._spans)
        return busy / (self.workers * until) if until else 0.0

    def _start(self, job: Job) -> None:
        trial = trial_of(job)
        end = self.now + (self.lengths.seconds(trial) if trial else 0.0)
        heapq.heappush(self._running, (end, job.key, job))
        self._spans.append((self.now, end))
        self.last_start = self.now


def main() -> None:
    """Run the grid, print, keep."""
    parser = parser_of(__doc__)
    parser.add_argument("--quick", action="store_true", help="16 workers only")
    options = parser.parse_args()
    row(["workers", "ratio", "spread", "error", "trials", "whole", "of possible", "no tail", "driver ms/unit"], WIDTHS)
    for workers in TRIALS:
        for sigma, error, ratio in cases(workers):
            tell(workers, Lengths(1.0, sigma, error), ratio, options.keep)
        if options.quick:
            return


def cases(workers: int) -> list[tuple[float, float, int]]:
    """Spread, error, ratio."""
    if workers in GRID:
        return list(product(SIGMAS, ERRORS, RATIOS))
    return [(*pair, ratio) for pair, ratio in product(LARGE, LARGE_RATIOS[workers])]


def tell(workers: int, lengths: Lengths, ratio: int, keep: bool) -> None:
    """One simulated search."""
    trials = workers * TRIALS[workers]
    executor = SimulatedWorkers(workers, lengths)
    plan = plan_of(trials, ratio * workers, lengths)
    began = time.process_time()
    result = searched(plan, executor, memory=True)
    driver = 1000 * (time.process_time() - began) / result.settled_units
    whole, steady = executor.share(executor.now), executor.share(executor.last_start)
    best = possible(workers, [lengths.seconds(number) for number in range(1, trials)])
    row([workers, ratio, lengths.sigma, lengths.error, trials, whole, whole / best, steady, driver], WIDTHS)
    found = {
        "measure": "simulated utilisation",
        "value": round(whole, 4),
        "possible": round(best, 4),
        "without_tail": round(steady, 4),
        "unit": "share of the workers' time",
        "goal": 0.97,
        "workers": workers,
        "slots_per_worker": ratio,
        "sigma": lengths.sigma,
        "error": lengths.error,
        "trials": trials,
        "driver_ms_per_unit": round(driver, 4),
        "seed": lengths.seed,
    }
    record("simulate", found, keep)


def possible(workers: int, lengths: list[float]) -> float:
    """The share of the workers' time where each of these, in their order, goes to the first that is free."""
    free = [0.0] * workers
    for seconds in lengths:
        heapq.heapreplace(free, free[0] + seconds)
    return sum(lengths) / (workers * max(free))


if __name__ == "__main__":
    main()
