"""From a spec file to a plan: load, read, describe, compile. The only place where compiling meets files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from automl.catalog.own_metric import find_function
from automl.compiler import compile_draft, plan_of
from automl.compiler.draft import Draft
from automl.data.dataset import Dataset, make_dataset
from automl.data.load import Loaded, describe, load_table
from automl.data.read import find_files, read_raw
from automl.data.settings import DataSettings
from automl.emit.checks import check_plan
from automl.errors import AutomlError, Diagnostic, error
from automl.lock import lock_of
from automl.plan import PLAN_FORMAT, Lock, Plan
from automl.spec.check_names import check_names
from automl.spec.load import LoadedSpec, load_spec
from automl.spec.model import ColumnSpec, FormatSpec
from automl.spec.written import WrittenData, WrittenFolds, WrittenSpec


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made of. `data` are the files that were read, `test` those of the test file.

    `modules`: the folder, absolute, in which the module of a user's own metric lies or may lie; None without one.
    """

    plan: Plan
    lock: Lock
    dataset: Dataset
    warnings: tuple[Diagnostic, ...]
    data: tuple[Path, ...]
    modules: str | None = None
    test: tuple[Path, ...] = ()


def make_plan(source: Path | LoadedSpec, on_spec: Callable[[LoadedSpec], None] | None = None) -> Planned:
    """The plan of a spec. `on_spec` is called once the spec itself is found right, before the data is read.

    Raises AutomlError: everything that is wrong with the spec, or else with its data.
    """
    spec = source if isinstance(source, LoadedSpec) else load_spec(source)
    if on_spec is not None:
        on_spec(spec)
    checks = spec.written.data.checks
    files, tests = _find(spec, "path"), _find(spec, "test")
    raw = read_raw(files, _format(spec.written.data), checks)
    unknown = check_names(spec, raw.names)
    if unknown:
        raise AutomlError(unknown)
    test = read_raw(tests, _format(spec.written.data), checks) if tests else None
    loaded = describe(raw, _settings(spec.written.data, fold_column(spec.written)), test)
    draft = compile_draft(
        Draft(loaded=spec, table=loaded.table, schema=loaded.schema, findings=loaded.findings, test=loaded.test)
    )
    assert draft.dataset is not None
    plan = plan_of(draft)
    check_plan(plan)
    modules = None if spec.function is None else str(spec.folder.absolute())
    return Planned(plan, lock_of(plan), draft.dataset, draft.findings, files, modules, tests)


def read_plan(path: Path) -> Plan:
    """The plan in a plan.json. Raises AutomlError (PLAN001 to PLAN003) where it is none, or of another format."""
    try:
        plan = Plan.model_validate_json(path.read_bytes())
    except OSError as refused:
        raise error("PLAN001", f"cannot read the plan {path}: {refused.strerror}") from None
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        hint = "expected a plan.json written by `automl compile` of this version"
        raise error("PLAN002", f"{path} is no plan: {place}: {first['msg']}", hint) from None
    if plan.format != PLAN_FORMAT:
        raise error(
            "PLAN003",
            f"{path} has plan format {plan.format}; this version reads format {PLAN_FORMAT}",
            "compile the spec again",
        )
    return plan


def load_planned(
    plan: Plan, data: tuple[Path, ...], folders: tuple[Path, ...] = (), *, test: tuple[Path, ...] = ()
) -> Planned:
    """A plan that was compiled before, with its data read again. A user's own metric is looked for in `folders`.

    Raises AutomlError: what reading raises, PLAN005 where the data is not the data that the plan was compiled from, and
    PLAN007 where its metric is not there, or is not that of the plan.
    """
    files, tests = find_files(data), find_files(test) if test else ()
    modules = _modules_of(plan, folders)
    spec = plan.spec.data
    settings = DataSettings(spec.target, spec.id, spec.ignore, spec.group, spec.time, spec.columns, spec.format.missing)
    settings = replace(settings, weight=spec.weight, fold=plan.spec.validation.fold_column)
    settings = replace(settings, decimal=spec.format.decimal, checks=spec.checks)
    loaded = load_table(files, spec.format, settings, tests)
    if loaded.schema.test != plan.data_schema.test:
        text = "the test file is not that of the plan" if tests else "the plan has a test file, and none was given"
        raise error("PLAN005", text, "compile the spec again, or name the test file too")
    if loaded.schema.fingerprint != plan.data_schema.fingerprint:
        changed = ", ".join(repr(name) for name in _changed(plan, loaded)[:8])
        hint = "compile the spec again, or name the file that the plan was compiled from"
        raise error("PLAN005", f"the data is not that of the plan: {changed or 'its columns'} differ", hint)
    dataset = make_dataset(loaded.table, loaded.schema, plan.task, plan.classes, loaded.test)
    return Planned(plan, lock_of(plan), dataset, loaded.findings, files, modules, tests)


def _modules_of(plan: Plan, folders: tuple[Path, ...]) -> str | None:
    """The first folder from which the module of the plan's own metric is found, with the content it had."""
    metric = plan.scorer
    if metric.source is None:
        return None
    seen = "there is no such module"
    for folder in folders or (Path(),):
        try:
            found = find_function(metric.path, folder)
        except ValueError as missing:
            seen = str(missing)
            continue
        if found.source == metric.source:
            return str(folder.absolute())
        seen = f"{found.file} has changed since"
    hint = "put its module beside the plan or where the command is run, or install it; or compile the spec again"
    raise error("PLAN007", f"the metric {metric.name} of the plan is not here: {seen}", hint)


def data_of_plan(plan: Plan, path: Path) -> tuple[Path, ...]:
    """The data of the plan in the file `path`: relative to that file's folder, else to the current one.

    Raises AutomlError (PLAN004) where it is at neither place.
    """
    return _files_of_plan(plan.spec.data.path, path)


def tests_of_plan(plan: Plan, path: Path) -> tuple[Path, ...]:
    """The test file of the plan, found like its data; none where it has none."""
    return _files_of_plan(plan.spec.data.test, path) if plan.spec.data.test else ()


def _files_of_plan(wanted: tuple[str, ...], path: Path) -> tuple[Path, ...]:
    for folder in (path.parent, Path()):
        places = tuple(folder / name for name in wanted)
        try:
            return find_files(places)
        except AutomlError:
            continue
    names = ", ".join(wanted)
    raise error(
        "PLAN004", f"the data of {path} is not there: {names}", "put the plan beside its spec, or train the spec itself"
    )


def _changed(plan: Plan, loaded: Loaded) -> list[str]:
    """The columns whose values are others, gone or new."""
    before = {column.name: column.fingerprint for column in plan.data_schema.columns}
    now = {column.name: column.fingerprint for column in loaded.schema.columns}
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


def _find(spec: LoadedSpec, key: Literal["path", "test"]) -> tuple[Path, ...]:
    """The files under a key of `data`. What is wrong with them is told at the line of the spec that names them."""
    named: tuple[str, ...] | None = getattr(spec.written.data, key)
    if named is None and key == "test":
        return ()
    try:
        return find_files(tuple(spec.folder / path for path in named or ()))
    except AutomlError as missing:
        placed = [
            spec.places.diagnostic(d.severity, d.code, ("data", key), d.message, d.hint, at="value")
            for d in missing.diagnostics
        ]
        raise AutomlError(placed) from None


def _format(data: WrittenData) -> FormatSpec:
    return FormatSpec(**(data.format.model_dump(exclude_none=True) if data.format else {}))


def fold_column(written: WrittenSpec) -> str | None:
    """The column that names the folds, where there is one."""
    folds = written.validation.folds if written.validation is not None else None
    return folds.column if isinstance(folds, WrittenFolds) else None


def _settings(data: WrittenData, fold: str | None = None) -> DataSettings:
    columns = {
        name: ColumnSpec(**column.model_dump(exclude_none=True)) for name, column in (data.columns or {}).items()
    }
    form = _format(data)
    return DataSettings(
        target=data.target,
        id=data.id or (),
        ignore=data.ignore or (),
        group=data.group,
        time=data.time,
        columns=columns,
        missing=form.missing,
        decimal=form.decimal,
        checks=data.checks or {},
        weight=data.weight,
        fold=fold,
    )
