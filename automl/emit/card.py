"""The model card: what README.md says of scores, criteria and steps. No figure in it varies from run to run."""

from __future__ import annotations

from typing import Any

import numpy as np

from automl.catalog.metrics import Metric
from automl.emit.request import EmitRequest
from automl.emit.steps import carries_rows
from automl.emit.text import plain
from automl.spec.model import Criterion
from automl.value import pretty_json


def number(value: float) -> str:
    """A score for people: five significant digits."""
    return plain(f"{value:.5g}")


def card_context(request: EmitRequest) -> dict[str, Any]:
    """What README.md.jinja reads, besides the columns and the steps."""
    plan, trial = request.plan, request.winner.trial
    schema, metric = plan.data_schema, plan.scorer
    folds = np.array(trial.folds, dtype=np.float64)
    return {
        "metric": plan.metric,
        "metric_title": title_of(metric),
        "direction": "larger is better" if metric.greater_is_better else "smaller is better",
        "validation": plan.rows.folds.kind,
        "folds": len(trial.folds),
        "score_mean": number(trial.score),
        "score_spread": number(float(folds.std(ddof=1))) if len(folds) > 1 else None,
        "score_folds": tuple(number(score) for score in trial.folds),
        "holdout_score": None if request.winner.holdout_score is None else number(request.winner.holdout_score),
        "holdout_share": None
        if plan.rows.holdout is None or schema.test is not None
        else number(float(plan.spec.validation.holdout)),
        "test_rows": None if schema.test is None else schema.test.rows,
        "weight": plan.spec.data.weight or "",
        "rows_without_weight": schema.rows_without_weight,
        "interval": None
        if request.holdout_interval is None
        else tuple(number(end) for end in request.holdout_interval),
        "baseline_score": None if request.baseline is None else number(request.baseline.score),
        "criteria": tuple(criterion_text(criterion) for criterion in plan.spec.accept),
        "rows": schema.rows,
        "carries_rows": carries_rows(request.graph),
        "rows_without_target": schema.rows_without_target,
        "class_rows": tuple((info.label, info.rows) for info in schema.classes) if plan.classes else (),
        "data_fingerprint": schema.data_digest,
        "target": plan.spec.data.target,
        "candidate": trial.candidate,
        "threshold_text": None if trial.threshold is None else plain(repr(trial.threshold)),
        "rounds": trial.rounds,
        "params": tuple(sorted(trial.params.items())),
        "cpu": request.lock.cpu,
        "versions": tuple(sorted(request.lock.versions.items())),
    }


def title_of(metric: Metric) -> str:
    """What the metric is, in words; with its level where it has one."""
    return metric.title if metric.level is None else f"{metric.title} at level {metric.level:g}"


def criterion_text(criterion: Criterion) -> str:
    """One acceptance criterion in words."""
    conditions = (
        ("at least", criterion.at_least),
        ("at most", criterion.at_most),
        ("better than the baseline by at least", criterion.better_than_baseline_by),
    )
    said = [f"{words} {number(value)}" for words, value in conditions if value is not None]
    if criterion.package_size is not None:
        said.append(f"package size at most {criterion.package_size} bytes")
    return f"{criterion.metric or ''} {' and '.join(said)}".strip()


def winner_bytes(request: EmitRequest, steps: list[dict[str, Any]]) -> bytes:
    """winner.json: the recipe, its scores, the graph, and every final fit with parameters and seed."""
    shown = {
        "format": 1,
        "winner": request.winner.model_dump(mode="json"),
        "baseline": None if request.baseline is None else request.baseline.model_dump(mode="json"),
        "holdout_interval": None if request.holdout_interval is None else list(request.holdout_interval),
        "graph": request.graph.model_dump(mode="json"),
        "fits": steps,
    }
    return encode_json(pretty_json(shown))


def encode_json(text: str) -> bytes:
    """JSON text as UTF-8. A lone surrogate, which UTF-8 cannot hold, becomes the JSON escape that stands for it."""
    return text.encode("utf-8", "backslashreplace")
