"""The spec as resolved: every choice made, every default filled in. The spec as written is in `written.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from automl.kinds import Kind
from automl.value import Value

TaskKind = Literal["binary", "multiclass", "regression"]
ValidationKind = Literal["random", "stratified", "group", "time"]


class FormatSpec(Value):
    """How a file's text is read. None: as found out."""

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None


class ColumnSpec(Value):
    """What the user says of one column; None: as inferred."""

    kind: Kind | None = None
    missing: tuple[str, ...] | None = None
    monotone: Literal["increasing", "decreasing"] | None = None


class DataSpec(Value):
    """Where the table is and what its columns are for.

    Paths are as written, relative to the spec; of an absolute one, the name.
    """

    path: tuple[str, ...]
    format: FormatSpec
    target: str
    positive: str | None  # binary only
    id: tuple[str, ...]
    ignore: tuple[str, ...]
    group: str | None
    time: str | None
    columns: Mapping[str, ColumnSpec]
    checks: Mapping[str, Literal["allow", "warn", "error", "fix"]]
    weight: str | None = None
    test: tuple[str, ...] = ()


class ValidationSpec(Value):
    """How scores are made honest.

    `fold_column`: the column that names the folds, which are then `folds` many. At most one of the gaps is given.
    """

    kind: ValidationKind
    folds: int
    holdout: float
    fold_column: str | None = None
    gap_rows: int | None = None
    gap_s: float | None = None


class BudgetSpec(Value):
    """When the search ends: after so many trials, after so many seconds, or whichever comes first."""

    trials: int | None
    time_s: float | None


class TrialSpec(Value):
    """Limits of one fit: seconds, bytes, threads."""

    timeout_s: float | None
    memory_bytes: int | None
    cpus: int


class SearchSpec(Value):
    """What is searched, and how long."""

    seed: int
    budget: BudgetSpec
    trial: TrialSpec
    families: tuple[str, ...]
    space: Mapping[str, Mapping[str, Any]]  # operator -> parameter -> value, or {low, high, log} or {options}
    parallelism: int


class EnsembleSpec(Value):
    """How many fitted models a winner may combine."""

    size: int


class Criterion(Value):
    """One acceptance criterion, measured on the holdout (on the folds where there is none)."""

    metric: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    better_than_baseline_by: float | None = None
    package_size: int | None = None  # bytes


class MetricOptions(Value):
    """What a spec says of its metric beside the name: a level; or all of a metric of the user's own.

    `source`: the hash of the module's file, so that another function is another plan.
    """

    level: float | None = None
    direction: Literal["maximise", "minimise"] | None = None
    needs: Literal["probability", "label", "value"] | None = None
    source: str | None = None


class RunSpec(Value):
    """Where trials run. Not a part of the resolved spec, so that no plan, lock or package depends on it."""

    executor: Literal["ray", "local", "inline"]
    address: str | None


class PackageSpec(Value):
    """What is emitted."""

    version: str
    targets: tuple[Literal["python", "docker"], ...]
    base_image: str
    unknown_category: Literal["other", "missing", "reject"]
    missing_numeric: Literal["median", "reject"]


class TaskSpec(Value):
    """The whole spec, resolved; without `run`."""

    version: int
    name: str
    task: TaskKind
    data: DataSpec
    metric: str
    metric_options: MetricOptions | None = None  # None: the name says it all
    validation: ValidationSpec
    search: SearchSpec
    ensemble: EnsembleSpec
    accept: tuple[Criterion, ...]
    package: PackageSpec
