"""Checks of metrics and of the acceptance criteria."""

from __future__ import annotations

from typing import Final

from automl.catalog.metrics import METRICS
from automl.errors import nearest
from automl.spec.findings import Findings, one_of
from automl.spec.places import Path, dotted, quoted
from automl.spec.written import WrittenCriterion, WrittenSpec

LATER_METRICS: Final = (
    "average_precision", "brier", "balanced_accuracy", "f1", "f1_macro", "f1_weighted", "precision", "recall", "mcc",
    "cohen_kappa", "median_ae", "mape", "smape", "rmsle", "poisson_deviance", "gamma_deviance", "quantile",
    "roc_auc_ovr",
)  # fmt: skip
_BOUNDS: Final = ("at_least", "at_most", "better_than_baseline_by")  # of a metric, on all rows of the holdout
_OF_METRIC: Final = (*_BOUNDS, "drop_at_most", "gap_at_most")
_LIMITS: Final = ("latency_p99", "package_size")  # of the package; these need no metric
_PAIRS: Final = (("under", "drop_at_most"), ("for_each", "gap_at_most"))


def check_metric(name: str | None, path: Path, task: str | None, findings: Findings) -> None:
    """The metric is known, is there, and fits the task where the spec names one."""
    if name is None:
        return
    known = METRICS.get(name)
    if known is not None:
        if task is not None and task not in known.tasks:
            fitting = one_of(sorted(other for other, metric in METRICS.items() if task in metric.tasks))
            message = f"{dotted(path)}: {name} is not a metric for task {task}"
            findings.error("SPEC044", path, message, f"{fitting} are")
    elif name in LATER_METRICS:
        findings.error("SPEC090", path, f"the metric {name} is not available yet", f"{one_of(sorted(METRICS))} are")
    else:
        hint = nearest(name, (*METRICS, *LATER_METRICS)) or f"{one_of(sorted(METRICS))} are known"
        findings.error("SPEC043", path, f"{dotted(path)}: unknown metric {quoted(name)}", hint)


def check_accept(spec: WrittenSpec, findings: Findings) -> None:
    """Every entry of `accept`."""
    entries = spec.accept or ()
    findings.no_doubles(("accept",), entries)
    for i, entry in enumerate(entries):
        path: Path = ("accept", i)
        if any(bad[:2] == path for bad in findings.bad):
            continue  # a part of it was reported before; what is left would be misread
        check_metric(entry.metric, (*path, "metric"), spec.task, findings)
        _check_conditions(entry, path, findings)
        _check_later(entry, path, findings)


def _check_conditions(entry: WrittenCriterion, path: Path, findings: Findings) -> None:
    """At least one condition, and each with what it is about."""
    given = {key for key in entry.model_fields_set if getattr(entry, key) is not None}
    conditions = given & {*_OF_METRIC, *_LIMITS}
    if not conditions and not given & {"under", "for_each"}:
        hint = f"add one of {one_of((*_BOUNDS, *_LIMITS))}"
        findings.error("SPEC056", path, f"{dotted(path)} has no condition", hint)
    needs_metric = sorted(given & {*_OF_METRIC, "under", "for_each"})
    if needs_metric and "metric" not in given:
        message = f"{dotted(path)}: {needs_metric[0]} is about a metric, and none is named"
        findings.error("SPEC057", (*path, needs_metric[0]), message, "add metric: NAME", at="key")
    if "metric" in given and given & set(_LIMITS):
        limit = sorted(given & set(_LIMITS))[0]
        message = f"{dotted(path)}: {limit} is not about a metric"
        findings.error("SPEC057", (*path, limit), message, "make it an entry of its own", at="key")
    for one, other in (*_PAIRS, *((b, a) for a, b in _PAIRS)):
        if one in given and other not in given:
            findings.error("SPEC057", (*path, one), f"{dotted(path)}: {one} goes with {other}", at="key")
    if entry.at_least is not None and entry.at_most is not None and entry.at_least > entry.at_most:
        message = f"{dotted(path)}: nothing is at least {entry.at_least:g} and at most {entry.at_most:g}"
        findings.error("SPEC057", (*path, "at_most"), message)
    for limit in _LIMITS:
        amount = getattr(entry, limit)
        if amount is not None and amount <= 0:
            findings.error("SPEC023", (*path, limit), f"{dotted((*path, limit))}: expected more than zero")


def _check_later(entry: WrittenCriterion, path: Path, findings: Findings) -> None:
    if entry.under is not None:
        findings.later((*path, "under"), "a criterion under disturbed data")
    if entry.for_each is not None:
        findings.later((*path, "for_each"), "a criterion for each value of a column")
    if entry.latency_p99 is not None:
        findings.later((*path, "latency_p99"), "a criterion of latency")
