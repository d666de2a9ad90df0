"""Pass: the spec as written becomes the spec as resolved. Every default of the language lives here, and only here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from automl.catalog.metrics import METRICS
from automl.compiler.draft import Draft
from automl.compiler.families import choose_families
from automl.spec.check_accept import metric_name
from automl.spec.model import (
    BudgetSpec,
    ColumnSpec,
    Criterion,
    DataSpec,
    EnsembleSpec,
    FormatSpec,
    MetricOptions,
    PackageSpec,
    RunSpec,
    SearchSpec,
    TaskSpec,
    TrialSpec,
    ValidationSpec,
)
from automl.spec.places import Path
from automl.spec.units import parse_time
from automl.spec.written import WrittenFolds, WrittenMetric, WrittenSpec

DEFAULT_METRIC = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
DEFAULT_TRIALS, DEFAULT_TIME_S = 100, 300.0
DEFAULT_FOLDS, FOLDS_OF_LARGE_TABLES, LARGE_TABLE = 5, 3, 100_000
MOST_NAMED_FOLDS = 50
DEFAULT_HOLDOUT = 0.2
DEFAULT_PARALLELISM = 8


def resolve_spec(draft: Draft) -> Draft:
    """Fill in what was left out, telling each choice that depends on the data or that a user may wonder about."""
    task = draft.task
    assert task is not None
    written = draft.loaded.written
    draft, metric = _metric(draft)
    draft, validation = _validation(draft)
    draft, search = _search(draft)
    package = written.package
    spec = TaskSpec(
        version=1,
        name=written.name,
        task=task,
        data=_data(draft),
        metric=metric,
        metric_options=_metric_options(draft),
        validation=validation,
        search=search,
        ensemble=EnsembleSpec(size=1),
        accept=tuple(Criterion(**_given(c)) for c in written.accept or ()),
        package=PackageSpec(
            version=_or(package, "version", "1.0.0"),
            targets=tuple(_or(package, "targets", ("python", "docker"))),
            base_image=_or(package, "base_image", "python:3.11-slim"),
            unknown_category=_or(package, "unknown_category", "other"),
            missing_numeric=_or(package, "missing_numeric", "median"),
        ),
    )
    return replace(draft, spec=spec)


def resolve_run(written: WrittenSpec) -> RunSpec:
    """Where trials run, as the spec says."""
    return RunSpec(executor=_or(written.run, "executor", "ray"), address=_or(written.run, "address", None))


def _or(part: Any, name: str, default: Any) -> Any:
    """The written value, or the default where the value or its whole section was left out."""
    value = None if part is None else getattr(part, name)
    return default if value is None else value


def _plain(domain: Any) -> Any:
    """A written domain as plain JSON: a value, {low, high, log} or {options}."""
    return domain.model_dump(mode="json", exclude_none=True) if isinstance(domain, BaseModel) else domain


def _given(part: Any) -> dict[str, Any]:
    """What was written in a section, as a dict of values: a size in bytes, not in the words of the spec."""
    values = {name: getattr(part, name) for name in Criterion.model_fields}
    return {name: value for name, value in values.items() if value is not None}


def _metric(draft: Draft) -> tuple[Draft, str]:
    """The metric, and findings where a metric of the spec does not fit the task that was found."""
    written, places, task = draft.loaded.written, draft.loaded.places, str(draft.task)
    draft = _own_needs(draft)
    chosen = metric_name(written.metric)
    named: list[tuple[Path, str | None]] = [(_metric_place(written.metric), chosen)]
    named += [(("accept", i, "metric"), c.metric) for i, c in enumerate(written.accept or ())]
    for path, name in named:
        if name in METRICS and task not in METRICS[name].tasks:
            fitting = ", ".join(sorted(m for m in METRICS if task in METRICS[m].tasks))
            message = f"metric {name!r} does not fit a {task} task"
            draft = draft.find(
                places.diagnostic("error", "DATA065", path, message, f"metrics for {task}: {fitting}", at="value")
            )
    if chosen is not None:
        return draft, chosen
    metric = DEFAULT_METRIC[task]
    return draft.decide("metric", metric, f"the default for {task}"), metric


def _metric_place(metric: str | WrittenMetric | None) -> Path:
    return ("metric", "name") if isinstance(metric, WrittenMetric) else ("metric",)


def _own_needs(draft: Draft) -> Draft:
    """A finding where what the user's own metric needs does not fit the task that was found."""
    metric, regression = draft.loaded.written.metric, draft.task == "regression"
    if not isinstance(metric, WrittenMetric) or metric.needs is None or (metric.needs == "value") == regression:
        return draft
    message = f"a metric that needs {'labels' if metric.needs == 'label' else 'a ' + metric.needs} "
    message += f"does not fit a {draft.task} task"
    hint = "write needs: value" if regression else "write needs: probability, or needs: label"
    places = draft.loaded.places
    return draft.find(places.diagnostic("error", "DATA065", ("metric", "needs"), message, hint, at="value"))


def _metric_options(draft: Draft) -> MetricOptions | None:
    """The level, or what is known of the user's own function; None for a metric that its name describes."""
    metric, function = draft.loaded.written.metric, draft.loaded.function
    if not isinstance(metric, WrittenMetric):
        return None
    if function is not None:
        return MetricOptions(direction=metric.direction, needs=metric.needs, source=function.source)
    usual = METRICS[str(metric.name)].level
    return None if metric.level in (None, usual) else MetricOptions(level=metric.level)


def _data(draft: Draft) -> DataSpec:
    data = draft.loaded.written.data
    paths = [data.path] if isinstance(data.path, str) else list(data.path or ())
    columns = {
        name: ColumnSpec(**column.model_dump(exclude_none=True)) for name, column in (data.columns or {}).items()
    }
    return DataSpec(
        path=tuple(_name_only(path) for path in paths),
        format=FormatSpec(**(data.format.model_dump(exclude_none=True) if data.format else {})),
        target=data.target,
        positive=draft.classes[1] if draft.task == "binary" and len(draft.classes) == 2 else None,
        id=tuple(data.id or ()),
        ignore=tuple(data.ignore or ()),
        group=data.group,
        time=data.time,
        columns=columns,
        checks=dict(data.checks or {}),
        weight=data.weight,
        test=tuple(_name_only(path) for path in data.test or ()),
    )


def _name_only(path: str) -> str:
    """A path relative to the spec as it is; of an absolute one, the name."""
    return PurePath(path).name if PurePath(path).is_absolute() else path


def _validation(draft: Draft) -> tuple[Draft, ValidationSpec]:
    written = draft.loaded.written
    kind = _or(written.validation, "kind", None)
    if kind is None:
        kind, reason = _natural_kind(draft)
        draft = draft.decide("validation.kind", kind, reason)
    elif kind == "stratified" and draft.task == "regression":
        message, hint = "stratified validation needs classes, but the task is regression", "use kind: random"
        draft = draft.find(
            draft.loaded.places.diagnostic("error", "DATA066", ("validation", "kind"), message, hint, at="value")
        )
    draft, folds, column = _folds(draft)
    draft, holdout = _holdout(draft)
    draft, gap_rows, gap_s = _gap(draft)
    return draft, ValidationSpec(
        kind=kind, folds=folds, holdout=holdout, fold_column=column, gap_rows=gap_rows, gap_s=gap_s
    )


def _folds(draft: Draft) -> tuple[Draft, int, str | None]:
    """How many folds, and the column that names them, where one does."""
    folds = _or(draft.loaded.written.validation, "folds", None)
    if isinstance(folds, WrittenFolds):
        count = draft.schema.column(folds.column).distinct
        draft = _check_fold_column(draft, folds.column, count)
        reason = f"the values of {folds.column!r}; kind says how the holdout is cut, and rows inside a fit"
        return draft.decide("validation.folds", str(count), reason), count, folds.column
    if folds is None:
        large = draft.schema.rows >= LARGE_TABLE
        folds = FOLDS_OF_LARGE_TABLES if large else DEFAULT_FOLDS
        draft = draft.decide("validation.folds", str(folds), f"the table has {draft.schema.rows} rows")
    return draft, folds, None


def _check_fold_column(draft: Draft, name: str, count: int) -> Draft:
    path = ("validation", "folds", "column")
    places = draft.loaded.places
    if count < 2:
        message = (
            f"column {name!r} has {count} distinct value{'' if count == 1 else 's'}: two folds at least are needed"
        )
        return draft.find(places.diagnostic("error", "DATA091", path, message, "name another column", at="value"))
    if count > MOST_NAMED_FOLDS:
        message = f"column {name!r} has {count} distinct values; at most {MOST_NAMED_FOLDS} folds are supported"
        hint = "name a column with fewer values, or write how many folds: 5"
        return draft.find(places.diagnostic("error", "DATA092", path, message, hint, at="value"))
    return draft


def _holdout(draft: Draft) -> tuple[Draft, float]:
    """The share that is held out; 0 where a test file takes its place."""
    if draft.schema.test is not None:
        rows = draft.schema.test.rows
        reason = f"the test file with {rows} rows is the holdout; the final model is not fitted on it either"
        return draft.decide("validation.holdout", "0", reason), 0.0
    holdout = _or(draft.loaded.written.validation, "holdout", None)
    if holdout is None:
        holdout = DEFAULT_HOLDOUT
        draft = draft.decide("validation.holdout", str(holdout), "the default share for the final, honest estimate")
    return draft, holdout


def _gap(draft: Draft) -> tuple[Draft, int | None, float | None]:
    """The gap as rows or as seconds; an empty one is none."""
    gap = _or(draft.loaded.written.validation, "gap", None)
    if not gap or isinstance(gap, int):
        return draft, gap or None, None
    time = draft.schema.with_role("time")
    if time and time[0].physical != "datetime":
        message = f"a gap of {gap} needs times, and {time[0].name!r} is {time[0].physical}"
        hint = "write the gap as a number of rows"
        at = ("validation", "gap")
        draft = draft.find(draft.loaded.places.diagnostic("error", "DATA093", at, message, hint, at="value"))
    return draft, None, parse_time(gap) or None


def _natural_kind(draft: Draft) -> tuple[str, str]:
    data = draft.loaded.written.data
    if data.time is not None:
        return "time", f"rows are ordered by {data.time!r}"
    if data.group is not None:
        return "group", f"rows of one {data.group!r} belong together"
    if draft.task != "regression":
        return "stratified", "classes keep their shares in every fold"
    return "random", "rows have no order, groups or classes"


def _search(draft: Draft) -> tuple[Draft, SearchSpec]:
    search = draft.loaded.written.search
    budget = _or(search, "budget", None)
    trial = _or(search, "trial", None)
    draft, families = choose_families(draft)
    if budget is None:
        reason = "the default; the first one reached ends the search"
        draft = draft.decide("search.budget", f"{DEFAULT_TRIALS} trials, {DEFAULT_TIME_S:.0f} s", reason)
    trials = DEFAULT_TRIALS if budget is None else budget.trials
    time_s = DEFAULT_TIME_S if budget is None else budget.time
    return draft, SearchSpec(
        seed=_or(search, "seed", 0),
        budget=BudgetSpec(trials=trials, time_s=time_s),
        trial=TrialSpec(
            timeout_s=_or(trial, "timeout", None), memory_bytes=_or(trial, "memory", None), cpus=_or(trial, "cpus", 1)
        ),
        families=families,
        space={
            op: {name: _plain(domain) for name, domain in entries.items()}
            for op, entries in _or(search, "space", {}).items()
        },
        parallelism=_or(search, "parallelism", DEFAULT_PARALLELISM),
    )
