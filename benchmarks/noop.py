"""A search that fits nothing: a plan of the baseline and one candidate, and an executor that answers at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from synthetic import plan_of

from automl.graph import Graph, Node
from automl.jobs import Done, Job, Outcome, Scores
from automl.params import Float, Param
from automl.plan import Candidate, Forecast, Plan

SLOTS = 8


def unit_space(parameters: int) -> dict[str, Param]:
    """So many real parameters between 0 and 1."""
    return {f"model.x{i}": Float(low=0.0, high=1.0, default=0.5) for i in range(parameters)}


def plan_over(space: Mapping[str, Param], metric: str = "roc_auc", seed: int = 0) -> Plan:
    """The baseline and one candidate; two folds, one after the other."""
    plan = plan_of(2, SLOTS)
    spec = plan.spec.model_copy(update={"search": plan.spec.search.model_copy(update={"seed": seed})})
    candidates = (_candidate("constant", {}), _candidate("logistic_regression", space))
    return plan.model_copy(update={"spec": spec, "candidates": candidates, "metric": metric})


def _candidate(name: str, space: Mapping[str, Param]) -> Candidate:
    graph = Graph(nodes=(Node(id="model", op=name, inputs=("source",)),))
    return Candidate(id=name, family=name, graph=graph, space=space, forecast=Forecast(cpu_s=1.0, memory_bytes=1))


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
