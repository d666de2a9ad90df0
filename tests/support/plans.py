"""Tiny plans and a fit that trains nothing: its score is a function of the parameters and the fold."""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Mapping
from typing import Any

from automl.catalog.metrics import METRICS, Metric
from automl.compiler.lay_out_rungs import race_of_folds
from automl.data.schema import Schema
from automl.graph import Graph, Node
from automl.jobs import Job, Scores
from automl.params import Choice, Float, Int, Param
from automl.plan import Candidate, Forecast, Plan, RowPlan, Rung
from automl.rows import Split
from automl.spec.model import TaskSpec
from automl.value import canonical_json

SPACE: dict[str, Param] = {
    "model.rate": Float(low=0.001, high=1.0, default=0.1, log=True),
    "model.leaves": Int(low=2, high=256, default=31, log=True),
    "model.kind": Choice(options=("a", "b", None), default="a"),
}


def metric(greater: bool) -> Metric:
    """One of which more is better, or less."""
    return METRICS["roc_auc" if greater else "log_loss"]


def tiny_spec(*, trials: int | None = 60, parallelism: int = 4, seed: int = 0, **trial: Any) -> TaskSpec:
    """A resolved spec with nothing in it but what the search reads."""
    return TaskSpec.model_validate(
        {
            "version": 1,
            "name": "tiny",
            "task": "binary",
            "data": {
                "path": ("tiny.csv",),
                "format": {},
                "target": "y",
                "positive": "1",
                "id": (),
                "ignore": (),
                "group": None,
                "time": None,
                "columns": {},
                "checks": {},
            },
            "metric": "roc_auc",
            "validation": {"kind": "random", "folds": 3, "holdout": 0.2},
            "search": {
                "seed": seed,
                "budget": {"trials": trials, "time_s": None},
                "trial": {"timeout_s": None, "memory_bytes": None, "cpus": 1, **trial},
                "families": (),
                "space": {},
                "parallelism": parallelism,
            },
            "ensemble": {"size": 1},
            "accept": (),
            "package": {
                "version": "1.0.0",
                "targets": ("python",),
                "base_image": "python:3.11-slim",
                "unknown_category": "other",
                "missing_numeric": "median",
            },
        }
    )


def tiny_candidate(name: str, cost: float = 1.0, space: Mapping[str, Param] | None = None) -> Candidate:
    """A candidate of one node."""
    return Candidate(
        id=name,
        family=name,
        graph=Graph(nodes=(Node(id="model", op=name, inputs=("source",)),)),
        space=SPACE if space is None else space,
        forecast=Forecast(cpu_s=cost, memory_bytes=1000),
    )


CANDIDATES = (
    tiny_candidate("constant", 0.01, {}),
    tiny_candidate("forest", 1.0),
    tiny_candidate("boosting", 2.5),
    tiny_candidate("linear", 0.3, {"model.c": Float(low=0.01, high=100.0, default=1.0, log=True)}),
)


def tiny_plan(
    candidates: tuple[Candidate, ...] = CANDIDATES,
    *,
    metric: str = "roc_auc",
    rungs: tuple[Rung, ...] | None = None,
    **spec: Any,
) -> Plan:
    """A plan with three folds."""
    return Plan(
        spec=tiny_spec(**spec),
        data_schema=Schema(columns=(), rows=100, rows_without_target=0, classes=(), fingerprint="f"),
        task="binary",
        classes=("0", "1"),
        metric=metric,
        rows=RowPlan(
            holdout=Split(kind="random", share=0.2, seed=1),
            folds=Split(kind="random", folds=3, seed=2),
            inner=Split(kind="random", folds=2, seed=3),
        ),
        rungs=race_of_folds(range(3)) if rungs is None else rungs,
        candidates=candidates,
        decisions=(),
        floor_s=1.0,
    )


def fake_score(job: Job) -> float:
    """Smooth in the parameters, so that there is something to learn; a little different in each fold."""
    base = {"constant": 0.5, "forest": 0.7, "boosting": 0.75, "linear": 0.72}.get(job.candidate, 0.6)
    rate, leaves = float(job.params.get("model.rate") or 0.1), float(job.params.get("model.leaves") or 31)
    shape = -((math.log10(rate) + 1.5) ** 2) / 30 - (math.log2(leaves) - 6) ** 2 / 300
    c = float(job.params.get("model.c") or 1.0)
    shape -= abs(math.log10(c)) / 40
    shape += 0.03 if job.params.get("model.kind") == "b" else 0.0
    assert job.score_rows is not None
    return base + shape + 0.001 * job.score_rows.path[-1].index


def fake_fit(context: Mapping[str, Any], job: Job) -> Scores:
    """Score at once, or after a random delay of at most `context["delay"]` seconds, unknown to the search."""
    delay = float(context.get("delay", 0.0))
    if delay:
        time.sleep(random.random() * delay)
    for name in context.get("fails", ()):
        if job.candidate == name:
            raise ValueError("no such luck")
    if "share_failing" in context and job.candidate != "constant":
        text = canonical_json([job.candidate, dict(job.params)])
        if hashlib.sha256(text.encode()).digest()[0] < 256 * context["share_failing"]:
            raise ValueError("unlucky parameters")
    return Scores(fake_score(job))
