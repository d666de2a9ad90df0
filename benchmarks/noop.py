"""A search that fits nothing: a plan of the baseline and one candidate, and an executor that answers at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from automl.data.schema import Schema
from automl.graph import Graph, Node
from automl.jobs import Done, Job, Outcome, Scores
from automl.params import Float, Param
from automl.plan import Candidate, Forecast, Plan, RowPlan, Rung
from automl.rows import Split
from automl.spec.model import TaskSpec

SPEC = {
    "version": 1,
    "name": "noop",
    "task": "binary",
    "data": {
        "path": ("none.csv",), "format": {}, "target": "y", "positive": "1", "id": (), "ignore": (), "group": None,
        "time": None, "columns": {}, "checks": {},
    },
    "metric": "roc_auc",
    "validation": {"kind": "random", "folds": 3, "holdout": 0.2},
    "search": {
        "seed": 0,
        "budget": {"trials": 1, "time_s": None},
        "trial": {"timeout_s": None, "memory_bytes": None, "cpus": 1},
        "families": (),
        "space": {},
        "parallelism": 8,
    },
    "ensemble": {"size": 1},
    "accept": (),
    "package": {
        "version": "1.0.0", "targets": ("python",), "base_image": "python:3.11-slim", "unknown_category": "other",
        "missing_numeric": "median",
    },
}  # fmt: skip


def candidate(name: str, space: Mapping[str, Param]) -> Candidate:
    """A candidate of one node."""
    graph = Graph(nodes=(Node(id="model", op=name, inputs=("source",)),))
    return Candidate(id=name, family=name, graph=graph, space=space, forecast=Forecast(cpu_s=1.0, memory_bytes=1))


def unit_space(parameters: int) -> dict[str, Param]:
    """So many real parameters between 0 and 1."""
    return {f"model.x{i}": Float(low=0.0, high=1.0, default=0.5) for i in range(parameters)}


def plan_over(space: Mapping[str, Param], metric: str = "roc_auc", seed: int = 0) -> Plan:
    """The baseline and one candidate, three folds."""
    search = {**SPEC["search"], "seed": seed}  # type: ignore[dict-item]
    return Plan(
        spec=TaskSpec.model_validate({**SPEC, "search": search}),
        data_schema=Schema(columns=(), rows=100, rows_without_target=0, classes=(), fingerprint="f"),
        task="binary",
        classes=("0", "1"),
        metric=metric,
        rows=RowPlan(
            holdout=Split(kind="random", share=0.2, seed=1),
            folds=Split(kind="random", folds=3, seed=2),
            inner=Split(kind="random", folds=2, seed=3),
        ),
        rungs=(Rung(folds=(0,)), Rung(folds=(1, 2))),
        candidates=(candidate("constant", {}), candidate("logistic_regression", space)),
        decisions=(),
        floor_s=1.0,
    )


class NoopExecutor:
    """Ends each job at once, with a score that is best in the middle of the space."""

    workers = 1

    def __init__(self) -> None:
        self._queue: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        """Queue the job."""
        self._queue.append(job)

    def wait(self, _timeout_s: float | None = None) -> Done | None:
        """The first one in the queue, ended."""
        if not self._queue:
            return None
        job = self._queue.popleft()
        score = 1.0 - sum((float(value or 0.0) - 0.4) ** 2 for value in job.params.values())
        return Done(job.key, Outcome.OK, Scores(score if job.params else 0.0), worker="noop")

    def drop(self) -> None:
        """Forget what is queued."""
        self._queue.clear()

    def close(self) -> None:
        """Forget what is queued."""
        self.drop()
