"""Checks of metrics and of the acceptance criteria."""

from __future__ import annotations

import re
from typing import Final

from automl.catalog.metrics import METRICS
from automl.errors import nearest
from automl.spec.findings import Findings, one_of
from automl.spec.places import Path, dotted, quoted
from automl.spec.written import WrittenCriterion, WrittenMetric, WrittenSpec

_FUNCTION: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+")
_BOUNDS: Final = ("at_least", "at_most", "better_than_baseline_by")  # of a metric, on all rows of the holdout
_OF_METRIC: Final = (*_BOUNDS, "drop_at_most", "gap_at_most")
_LIMITS: Final = ("latency_p99", "package_size")  # of the package; these need no metric
_PAIRS: Final = (("under", "drop_at_most"), ("for_each", "gap_at_most"))


def metric_name(metric: str | WrittenMetric | None) -> str | None:
    """The name that scores are told under: that of the metric, or module.function of the user's own."""
    return metric.name or metric.function if isinstance(metric, WrittenMetric) else metric


def check_metric(metric: str | WrittenMetric | None, task: str | None, findings: Findings) -> None:
    """The metric that is optimised: a name, a name with its level, or a function of the user's own."""
    if not isinstance(metric, WrittenMetric):
        check_metric_name(metric, ("metric",), task, findings)
        return
    given = {key for key in metric.model_fields_set if getattr(metric, key) is not None}
    path: Path = ("metric",)
    if any(bad[:1] == path for bad in findings.bad):
        return  # a part of it was reported before; what is left would be misread
    if ("name" in given) == ("function" in given):
        message = "metric: expected either a name or a function"
        findings.error("SPEC081", path, message, "write name: pinball, or function: my_module.my_metric", at="key")
    elif "name" in given:
        check_metric_name(metric.name, (*path, "name"), task, findings)
        _check_level(metric, given, findings)
    else:
        _check_function(metric, given, task, findings)


def _check_level(metric: WrittenMetric, given: set[str], findings: Findings) -> None:
    for key in sorted(given & {"direction", "needs"}):
        message = f"metric.{key} is for a metric of one's own; {metric.name} has its own"
        findings.error("SPEC081", ("metric", key), message, "leave it out", at="key")
    known = METRICS.get(str(metric.name))
    if metric.level is not None and known is not None and known.level is None:
        leveled = one_of(sorted(name for name, other in METRICS.items() if other.level is not None))
        findings.error("SPEC081", ("metric", "level"), f"{metric.name} has no level", f"only {leveled} has", at="key")
    if metric.level is not None and not 0 < metric.level < 1:
        message = f"metric.level: expected a number above 0 and below 1, found {metric.level:g}"
        findings.error("SPEC023", ("metric", "level"), message)


def _check_function(metric: WrittenMetric, given: set[str], task: str | None, findings: Findings) -> None:
    """A function says which way is better and what it needs, and its task is known where that tells."""
    path: Path = ("metric",)
    if not _FUNCTION.fullmatch(str(metric.function)):
        message = f"metric.function: expected module.function, found {quoted(str(metric.function))}"
        findings.error("SPEC082", (*path, "function"), message)
    if "level" in given:
        message = "metric.level is for metrics that have one, not for a function"
        findings.error("SPEC081", (*path, "level"), message, "leave it out", at="key")
    for key in ("direction", "needs"):
        if key not in given:
            choices = "maximise or minimise" if key == "direction" else "probability, label or value"
            message = f"a metric of one's own needs {key}"
            findings.error("SPEC081", (*path, "function"), message, f"add {key}: {choices}", at="key")
    if metric.needs is not None and task is not None and (metric.needs == "value") != (task == "regression"):
        fitting = "needs: value" if task == "regression" else "needs: probability or needs: label"
        message = f"metric.needs: {metric.needs} does not fit task {task}"
        findings.error("SPEC044", (*path, "needs"), message, f"write {fitting}")


def check_metric_name(name: str | None, path: Path, task: str | None, findings: Findings) -> None:
    """The metric is known, and fits the task where the spec names one."""
    if name is None:
        return
    known = METRICS.get(name)
    if known is None:
        hint = nearest(name, METRICS) or f"{one_of(sorted(METRICS))} are known"
        findings.error("SPEC043", path, f"{dotted(path)}: unknown metric {quoted(name)}", hint)
    elif task is not None and task not in known.tasks:
        fitting = one_of(sorted(other for other, metric in METRICS.items() if task in metric.tasks))
        message = f"{dotted(path)}: {name} is not a metric for task {task}"
        findings.error("SPEC044", path, message, f"{fitting} are")


def check_accept(spec: WrittenSpec, findings: Findings) -> None:
    """Every entry of `accept`."""
    entries = spec.accept or ()
    findings.no_doubles(("accept",), entries)
    for i, entry in enumerate(entries):
        path: Path = ("accept", i)
        if any(bad[:2] == path for bad in findings.bad):
            continue  # a part of it was reported before; what is left would be misread
        if entry.metric in METRICS or entry.metric != metric_name(spec.metric):  # a function was checked before
            check_metric_name(entry.metric, (*path, "metric"), spec.task, findings)
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
        findings.error("SPEC057", (*path, "at_most"), message, "swap them, or leave one out")
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
