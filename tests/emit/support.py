"""Small requests for emission: a table made in code, a graph written by hand, States fitted by the real operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from automl.catalog import OPERATORS
from automl.compiler.lay_out_rungs import race_of_folds
from automl.data.schema import ClassInfo, Schema
from automl.emit.request import EmitRequest
from automl.fitting.target import Target
from automl.graph import SOURCE, Graph, Node
from automl.plan import Candidate, Forecast, Lock, Plan, RowPlan, TrialScore, Winner
from automl.rows import ALL, RowContext, Rows, Split
from automl.runtime.columns import Column, take
from automl.runtime.fingerprint import fingerprint_table
from automl.runtime.state import State
from automl.spec.model import (
    BudgetSpec,
    Criterion,
    DataSpec,
    EnsembleSpec,
    FormatSpec,
    PackageSpec,
    SearchSpec,
    TaskSpec,
    TrialSpec,
    ValidationSpec,
)
from automl.tasks import Apply, Fit, Recipe, Stitch, lower
from tests.emit.tables import Source as Source
from tests.emit.tables import table as table
from tests.emit.tables import target as target
from tests.emit.tables import write_csv as write_csv

NUMBERS = Node(id="numbers", op="numbers", inputs=(SOURCE,), columns=("age", "income"))


def linear_graph(task: str) -> Graph:
    """Every transformer that a linear model has."""
    estimator = "ridge" if task == "regression" else "logistic"
    nodes = (
        NUMBERS,
        Node(id="impute", op="impute", inputs=("numbers",), params={"strategy": "median"}),
        Node(id="scale", op="standardise", inputs=("impute",)),
        Node(
            id="levels",
            op="one_hot",
            inputs=(SOURCE,),
            columns=("plan",),
            params={"unknown_category": "other", "min_count": 2},
        ),
        Node(
            id="means",
            op="target_mean",
            inputs=(SOURCE,),
            columns=("city",),
            params={"unknown_category": "other", "smoothing": 5.0},
        ),
        Node(id="join", op="join", inputs=("scale", "levels", "means")),
        Node(id=estimator, op=estimator, inputs=("join",), params=dict(_defaults(estimator))),
    )
    return Graph(nodes=nodes)


def tree_graph() -> Graph:
    """What boosted trees have."""
    params = {
        **_defaults("lightgbm"),
        **OPERATORS["lightgbm"].fixed,
        "num_rounds": 5,
        "min_data_in_leaf": 3,
        "categorical": (0, 1),
    }
    nodes = (
        Node(
            id="codes", op="ordinal", inputs=(SOURCE,), columns=("city", "plan"), params={"unknown_category": "other"}
        ),
        NUMBERS,
        Node(id="dates", op="date_parts", inputs=(SOURCE,), columns=("since",)),
        Node(id="join", op="join", inputs=("codes", "numbers", "dates")),
        Node(id="lightgbm", op="lightgbm", inputs=("join",), params=params),
    )
    return Graph(nodes=nodes)


def steps_graph() -> Graph:
    """Steps that stand in a pipeline when they are asked for, several of one kind, and long lists of them."""
    unknown = {"unknown_category": "other"}
    methods = ("standard", "robust", "clip", "log", "power", "quantile", "uniform")
    scaled = [Node(id=f"scale_{each}", op="scale", inputs=("impute",), params={"method": each}) for each in methods]
    text, dates = ("city", "plan"), ("since",)
    sources = [
        Node(id="counts", op="count_encode", inputs=(SOURCE,), columns=text, params={**unknown, "log": True}),
        Node(id="marks", op="missing_indicators", inputs=(SOURCE,), columns=("plan", "income", "since")),
        Node(id="cycles", op="date_cycles", inputs=(SOURCE,), columns=dates),
        Node(id="spans", op="date_differences", inputs=(SOURCE,), columns=dates),
    ]
    selection = {"share": 0.6, "score": "f"}
    nodes = (
        NUMBERS,
        Node(id="impute", op="impute", inputs=("numbers",), params={"strategy": "mean"}),
        *scaled,
        *sources,
        Node(id="join", op="join", inputs=tuple(node.id for node in (*scaled, *sources))),
        Node(id="select", op="select_features", inputs=("join",), params=selection),
        Node(id="logistic", op="logistic", inputs=("select",), params=dict(_defaults("logistic"))),
    )
    return Graph(nodes=nodes)


def constant_graph() -> Graph:
    """The baseline."""
    return Graph(nodes=(Node(id="constant", op="constant", inputs=(SOURCE,), columns=("age",)),))


def _defaults(op: str) -> Mapping[str, Any]:
    return {name: param.default for name, param in OPERATORS[op].space.items()}


def request(
    graph: Graph, task: str = "binary", sources: tuple[Source, ...] | None = None, name: str = "telco-churn"
) -> EmitRequest:
    """A whole request: the graph fitted on all rows of the table."""
    sources = (*(sources or table()), target(task))
    plan = make_plan(graph, task, sources, name)
    tasks = lower(Recipe(graph, {}, plan.rows.inner, 0), ALL, None).tasks
    trial = TrialScore(number=3, candidate="made_up", params={"x.alpha": 0.5}, folds=(0.75, 0.8125), score=0.78125)
    baseline = TrialScore(number=0, candidate="constant", params={}, folds=(0.5, 0.5), score=0.5)
    return EmitRequest(
        plan=plan,
        lock=Lock(
            spec="sha256:0",
            data=plan.data_schema.fingerprint,
            rows={},
            catalog="sha256:1",
            versions={"numpy": "2"},
            cpu="x86",
            blas="openblas",
        ),
        winner=Winner(trial=trial, holdout_score=0.7),
        graph=graph,
        tasks=tasks,
        states=fit_states(tasks, {s.name: s.column for s in sources}, plan, graph),
        decisions=({"kind": "cut", "settled": 12},),
        baseline=baseline,
        holdout_interval=(0.65, 0.75),
    )


def make_plan(graph: Graph, task: str, sources: tuple[Source, ...], name: str) -> Plan:
    """A plan whose first candidate is the graph."""
    infos = tuple(source.info for source in sources)
    y = sources[-1]
    labels = tuple(sorted(set(y.values))) if task != "regression" else ()
    kind: Any = "random" if task == "regression" else "stratified"
    schema = Schema(
        columns=infos,
        rows=len(y.values),
        rows_without_target=0,
        classes=tuple(ClassInfo(label=label, rows=y.values.count(label)) for label in labels),
        fingerprint=fingerprint_table((info.name, info.fingerprint) for info in infos),
    )
    rows = RowPlan(holdout=None, folds=Split(kind=kind, folds=2, seed=1), inner=Split(kind=kind, folds=3, seed=7))
    candidate = Candidate(
        id="made_up", family="linear", graph=graph, space={}, forecast=Forecast(cpu_s=1.0, memory_bytes=1)
    )
    return Plan(
        spec=make_spec(task, sources, name),
        data_schema=schema,
        task=task,  # type: ignore[arg-type]
        classes=labels,
        metric="rmse" if task == "regression" else "log_loss",
        rows=rows,
        rungs=race_of_folds(range(2)),
        candidates=(candidate,),
        decisions=(),
        floor_s=1.0,
    )


def make_spec(task: str, sources: tuple[Source, ...], name: str) -> TaskSpec:
    """The resolved spec."""
    kind: Any = "random" if task == "regression" else "stratified"
    data = DataSpec(
        path=("table.csv",),
        format=FormatSpec(),
        target="y",
        positive="yes" if task == "binary" else None,
        id=tuple(s.name for s in sources if s.role == "id"),
        ignore=(),
        group=None,
        time=None,
        columns={},
        checks={},
    )
    trial = TrialSpec(timeout_s=None, memory_bytes=None, cpus=1)
    return TaskSpec(
        version=1,
        name=name,
        task=task,  # type: ignore[arg-type]
        data=data,
        metric="rmse" if task == "regression" else "log_loss",
        validation=ValidationSpec(kind=kind, folds=2, holdout=0.0),
        search=SearchSpec(
            seed=0, budget=BudgetSpec(trials=4, time_s=None), trial=trial, families=("linear",), space={}, parallelism=2
        ),
        ensemble=EnsembleSpec(size=1),
        accept=(Criterion(metric="log_loss", at_most=0.9), Criterion(package_size=10_000_000)),
        package=PackageSpec(
            version="1.0.0",
            targets=("python", "docker"),
            base_image="python:3.11-slim",
            unknown_category="other",
            missing_numeric="median",
        ),
    )


def with_package(made: EmitRequest, **changes: Any) -> EmitRequest:
    """The same request with other settings under `package`."""
    package = made.plan.spec.package.model_copy(update=changes)
    spec = made.plan.spec.model_copy(update={"package": package})
    return replace(made, plan=made.plan.model_copy(update={"spec": spec}))


def fit_states(tasks: Any, columns: Mapping[str, Column], plan: Plan, graph: Graph) -> dict[str, State]:
    """Run the tasks in their order and keep the State of every fit on all rows."""
    y = columns["y"]
    classes = len(plan.classes)
    if classes:
        values: Any = np.array([plan.classes.index(y.levels[code]) for code in y.codes], dtype=np.int64)  # type: ignore[union-attr]
    else:
        values = y
    rows = Rows(RowContext(rows=len(values), strata=values if classes else None))
    results: dict[str, Any] = {}
    done = {task.key: task for task in tasks}
    states: dict[str, State] = {}
    for task in tasks:
        at = rows.resolve(task.rows)
        if isinstance(task, Stitch):
            parts = [(rows.resolve(done[key].rows), results[key]) for key in task.parts]
            whole = np.empty((len(at), parts[0][1].shape[1]))
            for part_rows, part in parts:
                whole[part_rows] = part
            results[task.key] = whole
            continue
        operator = OPERATORS[task.op]
        taken = {name: take(columns[name], at) for name in graph.node(task.node).columns}
        inputs = (taken,) if operator.reads_source else tuple(results[key] for key in task.inputs)
        if isinstance(task, Fit):
            module = import_module(f"automl.fitting.{operator.module}")
            results[task.key] = module.fit(inputs, Target(values[at], classes), task.params, task.seed)
            if task.rows == ALL:
                states[task.node] = results[task.key]
        elif isinstance(task, Apply):
            state = results[task.fit] if task.fit else State()
            results[task.key] = import_module(f"automl.runtime.{operator.module}").apply(state, *inputs)
    return states
