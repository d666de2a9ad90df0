"""Runs one job: fit a candidate on a row-set, score it on another. Here trials touch scikit-learn and LightGBM."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from automl.cache import Cache, Result
from automl.catalog import OPERATORS
from automl.catalog.metrics import Metric
from automl.data.dataset import Dataset
from automl.fitting.target import Target
from automl.graph import Graph
from automl.jobs import Job, Scores
from automl.measure import measure
from automl.params import ParamValue
from automl.plan import Candidate, Plan
from automl.rows import Rows, RowSet
from automl.runtime.columns import Columns, Floats, Matrix, Text, take
from automl.runtime.sparse import Features
from automl.runtime.state import State
from automl.tasks import Fit, Lowering, Recipe, Stitch, Task, lower, rounds_of
from automl.thresholds import scores_along

CACHE_BYTES = 256 * 2**20
PATH_SHARES = (0.0625, 0.125, 0.1875, 0.25, 0.375, 0.5, 0.75, 1.0)  # where along the boosting rounds a fit is scored
THRESHOLD = "decision.threshold"  # among the parameters of a final fit: of no step, but of what labels a row gets


@dataclass(frozen=True)
class FitContext:
    """What every job of a run shares: the plan and the table. Sent to each worker once.

    `modules`: the folder of a user's own metric, where it is not installed.
    """

    plan: Plan
    dataset: Dataset
    modules: str | None = None


@dataclass(frozen=True)
class Fitted:
    """What a final fit brings back: the State of every fitted node, the prediction on the scored rows, its score.

    Where no rows are scored there is none of the last two: a matrix of no rows, and NaN.
    """

    states: Mapping[str, State]
    prediction: Matrix
    score: float


class Engine:
    """Runs tasks over one table. A result is computed when something needs it, and once while it is in the cache.

    What estimators give is one trial's own: it is kept while that trial's results are asked for, and then let go.
    """

    def __init__(self, dataset: Dataset, rows: Rows | None = None, cache_bytes: int = CACHE_BYTES) -> None:
        self.dataset = dataset
        self.rows = rows or Rows(dataset.context)
        self._cache = Cache(cache_bytes)
        self._trial = ""  # the output of the lowering that results were asked of last
        self._own: dict[str, Result] = {}  # what its estimators gave

    def result(self, graph: Graph, lowering: Lowering, key: str) -> Result:
        """The State or the matrix that the task of that key gives."""
        if lowering.output != self._trial:
            self._trial, self._own = lowering.output, {}
        return self._result(graph, {task.key: task for task in lowering.tasks}, key)

    def _result(self, graph: Graph, tasks: Mapping[str, Task], key: str) -> Result:
        known = self._own[key] if key in self._own else self._cache.get(key)
        if known is not None:
            return known
        task = tasks[key]
        if isinstance(task, Stitch):
            result: Result = self._stitch(graph, tasks, task)
        else:
            inputs = self._inputs(graph, tasks, task)
            result = self._fit(task, inputs) if isinstance(task, Fit) else self._apply(graph, tasks, task, inputs)
        if OPERATORS[task.op].role == "estimator":
            self._own[key] = result
        else:
            self._cache.put(key, result)
        return result

    def _inputs(self, graph: Graph, tasks: Mapping[str, Task], task: Task) -> tuple[Any, ...]:
        assert not isinstance(task, Stitch)
        if OPERATORS[task.op].reads_source:
            return (self._source(graph.node(task.node).columns, task.rows, exact=isinstance(task, Fit)),)
        return tuple(self._result(graph, tasks, key) for key in task.inputs)

    def _fit(self, task: Fit, inputs: tuple[Any, ...]) -> State:
        at, weights = self.rows.resolve(task.rows), self.dataset.weights
        target = Target(self.dataset.target[at], len(self.dataset.classes), None if weights is None else weights[at])
        module = import_module(f"automl.fitting.{OPERATORS[task.op].module}")
        state: State = module.fit(inputs, target, task.params, task.seed)
        return state

    def _apply(self, graph: Graph, tasks: Mapping[str, Task], task: Task, inputs: tuple[Any, ...]) -> Features:
        fit = getattr(task, "fit", None)
        state = self._result(graph, tasks, fit) if fit else State()
        matrix: Features = import_module(f"automl.runtime.{OPERATORS[task.op].module}").apply(state, *inputs)
        return matrix

    def _source(self, names: tuple[str, ...], rows: RowSet, exact: bool) -> Columns:
        """Raw columns at those rows. A fit must see nothing of other rows, not even their levels; an apply may."""
        at = self.rows.resolve(rows)
        found = {}
        for name in names:
            column = self.dataset.columns[name]
            loose = isinstance(column, Text) and not exact
            found[name] = (
                Text(column.codes[at], column.levels) if loose and isinstance(column, Text) else take(column, at)
            )
        return found

    def _stitch(self, graph: Graph, tasks: Mapping[str, Task], task: Stitch) -> Matrix:
        """The inner parts, put back in row order; inner folds cover the rows exactly."""
        whole = self.rows.resolve(task.rows)
        parts = [np.asarray(self._result(graph, tasks, key)) for key in task.parts]
        stitched = np.empty((len(whole), parts[0].shape[1]))
        for key, part in zip(task.parts, parts, strict=True):
            stitched[np.searchsorted(whole, self.rows.resolve(tasks[key].rows))] = part
        return stitched


def run(context: FitContext, job: Job) -> Scores | Fitted:
    """What an executor runs in its workers: fit and score one job. Raises whatever the fit raises."""
    plan = context.plan
    candidate = plan.candidate(job.candidate)
    lowering = lower(recipe_of(plan, candidate, job.params), job.fit_rows, job.score_rows)
    engine = _engine(context)
    if job.keep:
        return _final(engine, context, candidate, job, lowering)
    return _scores(engine, context, candidate, job, lowering)


def recipe_of(plan: Plan, candidate: Candidate, params: Mapping[str, ParamValue]) -> Recipe:
    """The recipe of one trial."""
    return Recipe(candidate.graph, params, plan.rows.inner, plan.spec.search.seed)


def _final(engine: Engine, context: FitContext, candidate: Candidate, job: Job, lowering: Lowering) -> Fitted:
    states = {node: engine.result(candidate.graph, lowering, key) for node, key in lowering.fits.items()}
    kept = {node: state for node, state in states.items() if isinstance(state, State)}
    if job.score_rows is None:
        return Fitted(kept, np.empty((0, 0)), math.nan)
    prediction = np.asarray(engine.result(candidate.graph, lowering, lowering.output))
    judge = _Judge.of(engine, context, job)
    return Fitted(kept, prediction, judge.score(prediction, judge.threshold(job)))


def _scores(engine: Engine, context: FitContext, candidate: Candidate, job: Job, lowering: Lowering) -> Scores:
    judge = _Judge.of(engine, context, job)
    output = candidate.graph.output
    rounds = rounds_of(candidate.graph, job.params)
    if rounds is None:
        prediction = np.asarray(engine.result(candidate.graph, lowering, lowering.output))
        return Scores(judge.score(prediction, judge.half), curves=judge.curve(prediction))
    state = engine.result(candidate.graph, lowering, lowering.fits[output.id])
    inputs = tuple(engine.result(candidate.graph, lowering, key) for key in lowering.served)
    steps = path_rounds(rounds)
    module = import_module(f"automl.runtime.{OPERATORS[output.op].module}")
    path: list[tuple[int, float]] = []
    curves: tuple[tuple[float, ...], ...] = ()
    for step, along in zip(steps, module.apply_along(state, *inputs, steps), strict=True):
        path.append((step, judge.score(along, judge.half)))
        curves += judge.curve(along)
    return Scores(path[-1][1], tuple(path), curves)


def path_rounds(last: int) -> tuple[int, ...]:
    """The round counts at which a fit of `last` rounds is scored, ascending, `last` included."""
    return tuple(sorted({max(1, round(last * share)) for share in PATH_SHARES}))


def scorer_in(context: FitContext, name: str) -> Metric:
    """A metric by the name that the plan or a criterion has for it, where its function can be found."""
    metric = context.plan.scorer_of(name)
    return metric if metric.source is None else replace(metric, folder=context.modules)


@dataclass(frozen=True)
class _Judge:
    """Scores predictions of the rows of one job."""

    metric: Metric
    target: Any
    classes: int
    weights: Floats | None

    @staticmethod
    def of(engine: Engine, context: FitContext, job: Job) -> _Judge:
        rows = engine.rows.resolve(job.score_rows or job.fit_rows)
        target, weights = engine.dataset.target[rows], engine.dataset.weights
        metric = scorer_in(context, context.plan.metric)
        return _Judge(metric, target, len(context.plan.classes), None if weights is None else weights[rows])

    @property
    def chooses(self) -> bool:
        return self.metric.chooses_threshold and self.classes == 2

    @property
    def half(self) -> float | None:
        """The threshold of a score along whose curve another one may be chosen."""
        return 0.5 if self.chooses else None

    def threshold(self, job: Job) -> float | None:
        """The threshold that the folds chose, in a final fit."""
        found = job.params.get(THRESHOLD)
        return float(found) if isinstance(found, int | float) else None

    def score(self, prediction: Matrix, threshold: float | None) -> float:
        return measure(self.metric, prediction, self.target, self.classes, self.weights, threshold)

    def curve(self, prediction: Matrix) -> tuple[tuple[float, ...], ...]:
        """The line of scores along the thresholds; none where the metric chooses no threshold."""
        return (scores_along(self.metric, prediction, self.target, self.weights),) if self.chooses else ()


# One per context and process; holding the context keeps its id its own.
_ENGINES: dict[int, tuple[FitContext, Engine]] = {}


def _engine(context: FitContext) -> Engine:
    """The engine of this process for that context. A new context ends the one before: one table per process."""
    if id(context) not in _ENGINES:
        _ENGINES.clear()
        _ENGINES[id(context)] = (context, Engine(context.dataset))
    return _ENGINES[id(context)][1]
