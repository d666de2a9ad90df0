"""Checks of the validation: folds, holdout, gap, and what each kind of split needs."""

from __future__ import annotations

from typing import Final

from automl.spec.findings import Findings
from automl.spec.places import Path, quoted
from automl.spec.units import format_time, parse_time
from automl.spec.written import WrittenFolds, WrittenSpec, WrittenValidation

LARGEST_HOLDOUT: Final = 0.9
MOST_FOLDS: Final = 1000
LONGEST_GAP_S: Final = 36500 * 86400.0
MOST_GAP_ROWS: Final = 10**9


def check_validation(spec: WrittenSpec, findings: Findings) -> None:
    """The part `validation`."""
    part = spec.validation
    if part is None:
        return
    if isinstance(part.folds, WrittenFolds):
        _check_column(spec, part.folds.column, findings)
    else:
        _check_folds(part.folds, findings)
    if part.holdout is not None and not 0 <= part.holdout <= LARGEST_HOLDOUT:
        message = f"validation.holdout: expected a share from 0 to {LARGEST_HOLDOUT}, found {part.holdout:g}"
        findings.error("SPEC036", ("validation", "holdout"), message)
    elif part.holdout and spec.data.test is not None:
        message = "data.test is the holdout: validation.holdout cannot keep another share of the rows"
        findings.error("SPEC070", ("validation", "holdout"), message, "leave one of the two out", at="key")
    _check_gap(spec, part, findings)
    _check_kind(spec, findings)


def _check_folds(folds: int | None, findings: Findings) -> None:
    path: Path = ("validation", "folds")
    if folds is not None and folds < 2:
        findings.error("SPEC037", path, f"validation.folds: expected 2 or more, found {folds}")
    findings.at_most(path, folds, MOST_FOLDS)


def _check_column(spec: WrittenSpec, column: str, findings: Findings) -> None:
    """A column of folds has no other role, and says itself what is trained on what."""
    path: Path = ("validation", "folds", "column")
    data = spec.data
    if column == data.target:
        findings.error("SPEC040", path, f"the target {quoted(column)} names the folds too", "name another column")
    others = {"weight": (data.weight,), "group": (data.group,), "time": (data.time,), "id": data.id or ()}
    for role, names in others.items():
        if column in names:
            hint = "copy it to a column of its own"
            findings.error("SPEC041", path, f"column {quoted(column)} is data.{role} and names the folds too", hint)
    if spec.validation is not None and spec.validation.kind == "time":
        message = "folds of a column know no order in time"
        hint = "leave kind out, or write how many folds: 5"
        findings.error("SPEC072", ("validation", "kind"), message, hint)


def _check_gap(spec: WrittenSpec, part: WrittenValidation, findings: Findings) -> None:
    """A gap lies between earlier and later rows."""
    path: Path = ("validation", "gap")
    if part.gap is None:
        return
    by_time = part.kind == "time" or (part.kind is None and spec.data.time is not None)
    if isinstance(part.folds, WrittenFolds) or not by_time:
        message = "a gap is for splits by time"
        findings.error("SPEC071", path, message, "add time: COLUMN under data, or leave the gap out", at="key")
    size, largest = (part.gap, MOST_GAP_ROWS) if isinstance(part.gap, int) else (parse_time(part.gap), LONGEST_GAP_S)
    if size < 0:
        findings.error("SPEC023", path, f"validation.gap: expected 0 or more, found {part.gap}")
    text = None if isinstance(part.gap, int) else format_time(LONGEST_GAP_S)
    findings.at_most(path, size, largest, text)


def _check_kind(spec: WrittenSpec, findings: Findings) -> None:
    """A split by time or group needs the column; strata need classes."""
    assert spec.validation is not None
    path: Path = ("validation", "kind")
    kind, data = spec.validation.kind, spec.data
    for role, code in (("time", "SPEC038"), ("group", "SPEC039")):
        if kind == role and getattr(data, role) is None and not findings.spoilt(("data", role)):
            message = f"a {role} split needs a column: data.{role} is not given"
            findings.error(code, path, message, f"add {role}: COLUMN under data")
    if kind == "stratified" and spec.task == "regression":
        findings.error("SPEC044", path, "a stratified split needs classes, and task is regression", "use random")
