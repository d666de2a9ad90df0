"""A plan without a table, and jobs that fit nothing: what is left is the search, the executor and the cluster.

Every trial is a candidate of its own, so asks are those of a portfolio: no sampler runs. Scores fall from trial to
trial, so the race lets no trial but the first ones go on, and nearly every unit is a trial.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the spec is that of the tests

from automl.data.schema import Schema
from automl.graph import Graph, Node
from automl.jobs import Executor, Job, Scores
from automl.params import Int
from automl.plan import Candidate, Forecast, Plan, RowPlan, Rung
from automl.rows import Split
from automl.search.budget import SearchSettings
from automl.search.events import Event, SearchResult
from automl.search.ledger import Ledger
from automl.search.loop import run_search
from automl.value import derive_seed
from tests.support.plans import tiny_spec


@dataclass(frozen=True)
class Lengths:
    """How long trials take: a mean of `mean_s`, lognormal with `sigma` (0: all alike). The plan predicts it with a
    lognormal error of `error`; None: it knows the mean only. Drawn from the trial's number: every system has the same.
    """

    mean_s: float = 0.0
    sigma: float = 0.0
    error: float | None = 0.0
    seed: int = 0

    def seconds(self, trial: int) -> float:
        """The length of a trial."""
        return self.mean_s * self._factor("length", trial, self.sigma)

    def predicted(self, trial: int) -> float:
        """What the plan says of it."""
        if self.error is None:
            return max(1e-4, self.mean_s)
        return max(1e-4, self.seconds(trial) * self._factor("error", trial, self.error))

    def _factor(self, what: str, trial: int, sigma: float) -> float:
        """Lognormal with a mean of 1."""
        drawn = random.Random(derive_seed(self.seed, what, str(trial))).gauss(0.0, 1.0)
        return math.exp(sigma * drawn - sigma * sigma / 2)


def plan_of(trials: int, parallelism: int, lengths: Lengths | None = None) -> Plan:
    """A plan of so many trials of one unit each, after the baseline (trial 0), which takes no time."""
    lengths = lengths or Lengths()
    return Plan(
        spec=tiny_spec(trials=trials, parallelism=parallelism),
        data_schema=Schema(columns=(), rows=100, rows_without_target=0, classes=(), fingerprint="f"),
        task="binary",
        classes=("0", "1"),
        metric="roc_auc",
        rows=RowPlan(
            holdout=None,
            folds=Split(kind="random", folds=2, seed=1),
            inner=Split(kind="random", folds=2, seed=2),
        ),
        rungs=(Rung(folds=(0,)), Rung(folds=(1,))),
        candidates=tuple(_candidate(number, lengths.predicted(number)) for number in range(trials)),
        decisions=(),
        floor_s=1.0,
    )


def trial_of(job: Job) -> int:
    """The trial that a job belongs to."""
    return int(job.candidate.removeprefix("c"))


def no_op(_context: object, job: Job) -> Scores:
    """Nothing, and a score that is worse than those before."""
    return Scores(1.0 / (1.0 + trial_of(job)))


def sleep(context: Lengths, job: Job) -> Scores:
    """As long as the trial takes."""
    time.sleep(context.seconds(trial_of(job)) if trial_of(job) else 0.0)
    return no_op(context, job)


def searched(
    plan: Plan, executor: Executor, watch: Callable[[Event], None] = lambda _: None, memory: bool = False
) -> SearchResult:
    """The whole search of that plan, with its ledger on disk; in `memory` where no disk is to disturb the measure."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if memory else None) as folder:
        ledger = Ledger.create(Path(folder) / "ledger.jsonl", {"search": plan.search_digest})
        try:
            return run_search(plan, executor, ledger, SearchSettings(trials=len(plan.candidates)), watch)
        finally:
            ledger.close()


def _candidate(number: int, cost: float) -> Candidate:
    return Candidate(
        id=f"c{number}",
        family="fake",
        graph=Graph(nodes=(Node(id="model", op="fake", inputs=("source",)),)),
        space={
            "model.leaves": Int(low=2, high=256, default=31),
            "model.depth": Int(low=1, high=9, default=number % 9 + 1),
        },
        forecast=Forecast(cpu_s=cost, memory_bytes=1000),
    )
