"""Acceptance criteria: measured before anything is emitted."""

from __future__ import annotations

from dataclasses import dataclass

from automl.catalog.metrics import METRICS, Metric
from automl.spec.model import Criterion


@dataclass(frozen=True)
class Measured:
    """What criteria are held against: scores of winner and baseline by metric, and the size of the package in bytes."""

    winner: dict[str, float]
    baseline: dict[str, float]
    package_bytes: int


@dataclass(frozen=True)
class Verdict:
    """One criterion in words, whether it was met, and what was measured."""

    criterion: str
    met: bool
    measured: str


def judge(criteria: tuple[Criterion, ...], metric: Metric, measured: Measured) -> list[Verdict]:
    """One verdict for every condition of every criterion. A criterion without a metric is about `metric`."""
    return [verdict for criterion in criteria for verdict in _judge(criterion, metric, measured)]


def _judge(criterion: Criterion, default: Metric, measured: Measured) -> list[Verdict]:
    name = criterion.metric or default.name
    metric = default if name == default.name else METRICS[name]
    found = []
    if criterion.at_least is not None:
        score = measured.winner[name]
        found.append(Verdict(f"{name} at least {criterion.at_least}", score >= criterion.at_least, f"{score:.6g}"))
    if criterion.at_most is not None:
        score = measured.winner[name]
        found.append(Verdict(f"{name} at most {criterion.at_most}", score <= criterion.at_most, f"{score:.6g}"))
    if criterion.better_than_baseline_by is not None:
        gain = metric.loss(measured.baseline[name]) - metric.loss(measured.winner[name])
        text = f"{name} better than the baseline by {criterion.better_than_baseline_by}"
        found.append(Verdict(text, gain >= criterion.better_than_baseline_by, f"{gain:.6g}"))
    if criterion.package_size is not None:
        met = measured.package_bytes <= criterion.package_size
        found.append(Verdict(f"package of at most {criterion.package_size} bytes", met, str(measured.package_bytes)))
    return found
