"""The task graph: what is fitted on which rows. Pure lowering of a pipeline graph, and the static leak check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from automl.catalog import OPERATORS
from automl.graph import SOURCE, Graph, Node
from automl.params import ParamValue
from automl.rows import RowSet, Split, disjoint
from automl.value import derive_seed, digest_json


@dataclass(frozen=True)
class Fit:
    """Fit one node on `rows`. `inputs`: the keys of the Apply or Stitch tasks that it reads (none: the source)."""

    key: str
    node: str
    op: str
    rows: RowSet
    inputs: tuple[str, ...]
    params: Mapping[str, Any]
    seed: int


@dataclass(frozen=True)
class Apply:
    """Apply the State of task `fit` (None: a step without a fit) to `rows`."""

    key: str
    node: str
    op: str
    rows: RowSet
    inputs: tuple[str, ...]
    fit: str | None


@dataclass(frozen=True)
class Stitch:
    """The training view of a cross-fitted node on `rows`: the Apply tasks of its inner folds, put back in row order."""

    key: str
    node: str
    op: str
    rows: RowSet
    parts: tuple[str, ...]


Task = Fit | Apply | Stitch


@dataclass(frozen=True)
class Lowering:
    """Tasks in an order in which they can run, the output task, and every fitted node's Fit on the whole row-set."""

    tasks: tuple[Task, ...]
    output: str
    fits: Mapping[str, str]

    def task(self, key: str) -> Task:
        """The task of that key. Raises KeyError."""
        return {task.key: task for task in self.tasks}[key]

    @property
    def served(self) -> tuple[str, ...]:
        """The keys of what the output task reads, in its order."""
        output = self.task(self.output)
        return () if isinstance(output, Stitch) else output.inputs


def node_params(node: Node, params: Mapping[str, ParamValue]) -> dict[str, Any]:
    """The parameters of one node: what the graph fixes, and the trial's own under `node.param`."""
    mine = {name.split(".", 1)[1]: value for name, value in params.items() if name.split(".", 1)[0] == node.id}
    return dict(sorted({**node.params, **mine}.items()))  # one order, whatever file they were read from


def rounds_of(graph: Graph, params: Mapping[str, ParamValue]) -> int | None:
    """How many rounds the graph's output boosts with these parameters; None: it does not boost."""
    name = OPERATORS[graph.output.op].rounds
    return None if name is None else int(node_params(graph.output, params)[name])


def with_rounds(graph: Graph, params: Mapping[str, ParamValue], rounds: int) -> dict[str, ParamValue]:
    """The same parameters with another number of rounds, for a graph whose output boosts."""
    return {**params, f"{graph.output.id}.{OPERATORS[graph.output.op].rounds}": rounds}


@dataclass(frozen=True)
class Recipe:
    """A graph with its parameters, how cross-fitting cuts a row-set, and the seed that all seeds derive from."""

    graph: Graph
    params: Mapping[str, ParamValue]
    inner: Split
    seed: int


class _Lowerer:
    """Walks the graph once per view; tasks of equal content are the same task."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.tasks: dict[str, Task] = {}

    def fit_all(self, rows: RowSet) -> tuple[dict[str, str], dict[str, str]]:
        """Fit every node on `rows`: the key of its Fit and of its training view, by node."""
        fits: dict[str, str] = {}
        views: dict[str, str] = {}
        for node in self.recipe.graph.nodes:
            inputs = tuple(views[name] for name in node.inputs if name != SOURCE)
            operator = OPERATORS[node.op]
            if operator.fitted:
                fits[node.id] = self._fit(node, rows, inputs)
            if operator.role == "estimator":
                continue  # nothing is trained on a prediction of its own training rows
            crossed = operator.cross_fitted
            views[node.id] = self._stitch(node, rows) if crossed else self._apply(node, rows, inputs, fits.get(node.id))
        return fits, views

    def serve(self, rows: RowSet, fits: Mapping[str, str]) -> str:
        """Apply every node to `rows`, each with its Fit: the serving view. Returns the key of the output."""
        views: dict[str, str] = {}
        for node in self.recipe.graph.nodes:
            inputs = tuple(views[name] for name in node.inputs if name != SOURCE)
            views[node.id] = self._apply(node, rows, inputs, fits.get(node.id))
        return views[self.recipe.graph.output.id]

    def _fit(self, node: Node, rows: RowSet, inputs: tuple[str, ...]) -> str:
        params = node_params(node, self.recipe.params)
        key = _key("fit", node, params, inputs, row_key(rows))
        seed = derive_seed(self.recipe.seed, "fit", key)
        return self._add(Fit(key, node.id, node.op, rows, inputs, params, seed))

    def _apply(self, node: Node, rows: RowSet, inputs: tuple[str, ...], fit: str | None) -> str:
        key = _key("apply", node, {"fit": fit}, inputs, row_key(rows))
        return self._add(Apply(key, node.id, node.op, rows, inputs, fit))

    def _stitch(self, node: Node, rows: RowSet) -> str:
        """Inner Fits on each `in` side, applied to the `out` side. Cross-fitted nodes read the source."""
        split = self.recipe.inner
        parts = []
        for index in range(split.folds or 0):
            fit = self._fit(node, rows.part(split, index, "in"), ())
            parts.append(self._apply(node, rows.part(split, index, "out"), (), fit))
        return self._add(Stitch(digest_json(["stitch", parts]), node.id, node.op, rows, tuple(parts)))

    def _add(self, task: Task) -> str:
        self.tasks.setdefault(task.key, task)
        return task.key


def lower(recipe: Recipe, fit_rows: RowSet, score_rows: RowSet | None) -> Lowering:
    """The tasks that fit the recipe on `fit_rows` and predict `score_rows` (the fit rows where there are none)."""
    lowerer = _Lowerer(recipe)
    fits, _ = lowerer.fit_all(fit_rows)
    output = lowerer.serve(fit_rows if score_rows is None else score_rows, fits)
    return Lowering(tuple(lowerer.tasks.values()), output, fits)


@lru_cache(maxsize=4096)
def row_key(rows: RowSet) -> str:
    """The hash of a row-set's path."""
    return rows.digest()


def _key(what: str, node: Node, params: Mapping[str, Any], inputs: tuple[str, ...], rows: str) -> str:
    """The hash of exactly what a task depends on. Not of the node's id: equal steps of two candidates are one task."""
    return digest_json([what, node.op, list(node.columns), dict(params), list(inputs), rows])


def find_leaks(lowering: Lowering, scored: RowSet) -> list[str]:
    """Why this task graph would leak, in words; empty where it does not.

    (1) No Fit that the scored output depends on may see a scored row. (2) A cross-fitted step shows a Fit only rows
    that its own Fit has not seen. (3) What is scored never passes through a training view.
    """
    tasks = {task.key: task for task in lowering.tasks}
    found = set()
    for task in _walk(tasks, lowering.output, through_fits=True):
        if isinstance(task, Fit):
            if not disjoint(task.rows, scored):
                found.add(f"step {task.node!r} is fitted on rows that it is scored on")
            found |= {reason for key in task.inputs for reason in _training_leaks(tasks, key)}
    for task in _walk(tasks, lowering.output, through_fits=False):
        if isinstance(task, Stitch):
            found.add(f"step {task.node!r} shows its training view to rows that are scored")
    return sorted(found)


def _training_leaks(tasks: Mapping[str, Task], view: str) -> set[str]:
    """What is wrong with an output that a Fit is trained on."""
    found = set()
    for task in _walk(tasks, view, through_fits=False):
        if isinstance(task, Apply) and task.fit is not None and OPERATORS[task.op].cross_fitted:
            fitted_on = tasks[task.fit].rows
            if not disjoint(fitted_on, task.rows):
                found.add(f"step {task.node!r} uses the target and is shown in training to the rows it was fitted on")
    return found


def _walk(tasks: Mapping[str, Task], start: str, through_fits: bool) -> Iterator[Task]:
    """`start` and every task it depends on; without `through_fits` only what its values pass through."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        task = tasks[current]
        yield task
        todo += task.parts if isinstance(task, Stitch) else task.inputs
        if through_fits and isinstance(task, Apply) and task.fit is not None:
            todo.append(task.fit)
