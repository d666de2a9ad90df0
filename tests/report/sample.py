"""Tiny plans and trials for the tests of reports and commands."""

from __future__ import annotations

from automl.compiler.lay_out_rungs import race_of_folds
from automl.data.schema import ClassInfo, ColumnInfo, Schema
from automl.graph import Graph, Node
from automl.kinds import ColumnType, Kind, TableType
from automl.params import Choice, Float, Int
from automl.plan import Candidate, Decision, Forecast, Lock, Plan, RowPlan
from automl.report.history import TrialRow
from automl.rows import Split
from automl.spec.model import (
    BudgetSpec,
    DataSpec,
    EnsembleSpec,
    FormatSpec,
    PackageSpec,
    SearchSpec,
    TaskSpec,
    TrialSpec,
    ValidationSpec,
)

LOCK = Lock(
    spec="sha256:1", data="sha256:2", rows={}, catalog="sha256:3", versions={"numpy": "2"}, cpu="any", blas="any"
)


def column(name: str, kind: Kind = Kind.NUMERIC, **changes: object) -> ColumnInfo:
    physical = "text" if kind is Kind.CATEGORICAL else "number"
    fields = {"role": "feature", "missing": 0, "distinct": 9, "fingerprint": f"sha256:{name}", **changes}
    return ColumnInfo.model_validate({"name": name, "physical": physical, "kind": kind, **fields})


def spec(name: str = "tiny") -> TaskSpec:
    data = DataSpec(
        path=("t.csv",), format=FormatSpec(), target="y", positive="yes", id=(), ignore=(), group=None, time=None,
        columns={}, checks={},
    )  # fmt: skip
    search = SearchSpec(
        seed=0,
        budget=BudgetSpec(trials=10, time_s=60.0),
        trial=TrialSpec(timeout_s=None, memory_bytes=None, cpus=1),
        families=("linear",),
        space={},
        parallelism=4,
    )
    package = PackageSpec(
        version="1.0.0", targets=("python",), base_image="python:3.11-slim", unknown_category="other",
        missing_numeric="median",
    )  # fmt: skip
    return TaskSpec(
        version=1, name=name, task="binary", data=data, metric="roc_auc", search=search, package=package, accept=(),
        validation=ValidationSpec(kind="stratified", folds=3, holdout=0.2), ensemble=EnsembleSpec(size=1),
    )  # fmt: skip


def linear(names: tuple[str, ...] = ("a", "b"), categories: tuple[str, ...] = ("c",)) -> Candidate:
    out = TableType(columns=tuple(ColumnType(name=n, kind=Kind.NUMBER, missing=False) for n in names))
    nodes = (
        Node(id="numbers", op="numbers", inputs=("source",), columns=names, type=out),
        Node(id="one_hot", op="one_hot", inputs=("source",), columns=categories),
        Node(id="join", op="join", inputs=("numbers", "one_hot")),
        Node(id="model", op="logistic", inputs=("join",), params={"max_iter": 100}),
    )
    space = {
        "model.C": Float(low=0.01, high=100.0, default=1.0, log=True),
        "one_hot.top": Int(low=2, high=50, default=20),
        "model.penalty": Choice(options=("l1", "l2"), default="l2"),
    }
    forecast = Forecast(cpu_s=0.25, memory_bytes=3 * 2**20)
    return Candidate(id="linear", family="linear", graph=Graph(nodes=nodes), space=space, forecast=forecast)


def constant() -> Candidate:
    graph = Graph(nodes=(Node(id="model", op="constant", inputs=()),))
    return Candidate(
        id="constant", family="constant", graph=graph, space={}, forecast=Forecast(cpu_s=0.001, memory_bytes=1024)
    )


def plan(hostile: str = "c") -> Plan:
    """A plan whose categorical column and one class are called `hostile`."""
    columns = (
        column("a"),
        column("b"),
        column(hostile, Kind.CATEGORICAL, reason="12 distinct texts"),
        column("y", Kind.CATEGORICAL, role="target"),
    )
    schema = Schema(
        columns=columns, rows=100, rows_without_target=0, fingerprint="sha256:table",
        classes=(ClassInfo(label=hostile, rows=60), ClassInfo(label="yes", rows=40)),
    )  # fmt: skip
    rows = RowPlan(
        holdout=Split(kind="stratified", share=0.2, seed=1),
        folds=Split(kind="stratified", folds=3, seed=2),
        inner=Split(kind="stratified", folds=3, seed=3),
        digests={"holdout": "sha256:h"},
    )
    return Plan(
        spec=spec(), data_schema=schema, task="binary", classes=(hostile, "yes"), metric="roc_auc", rows=rows,
        rungs=race_of_folds(range(3)), candidates=(constant(), linear(categories=(hostile,))), floor_s=4.0,
        decisions=(Decision(subject="metric", value="roc_auc", reason="the task is binary"),),
    )  # fmt: skip


def trials() -> tuple[TrialRow, ...]:
    return (
        TrialRow(0, "constant", "ok", 0.5, (0.5, 0.5, 0.5), wall_s=0.1),
        TrialRow(1, "linear", "ok", 0.9, (0.88, 0.9, 0.92), rounds=7, wall_s=1.5, params={"model.C": 1.0}),
        TrialRow(2, "linear", "failed", error="ValueError: <b>bad</b>\n& worse"),
        TrialRow(3, "linear", "ok", 0.9, (0.9, 0.9, 0.9), params={"model.C": 2.0}),
    )
