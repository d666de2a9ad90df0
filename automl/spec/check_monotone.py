"""Checks of monotone constraints: what can be seen without the table."""

from __future__ import annotations

from automl.catalog import FAMILIES, OPERATORS
from automl.kinds import Kind
from automl.spec.findings import Findings, one_of
from automl.spec.places import quoted
from automl.spec.written import WrittenSpec

NO_QUANTITIES = (Kind.CATEGORICAL, Kind.TEXT, Kind.DATETIME)


def check_monotone(spec: WrittenSpec, findings: Findings) -> None:
    """The task has one value that can rise, the column is a number, and every family that is named can honour it."""
    columns = {name: c for name, c in (spec.data.columns or {}).items() if c.monotone is not None}
    for name, column in columns.items():
        path = ("data", "columns", name, "monotone")
        if spec.task == "multiclass":
            message = f"column {quoted(name)}: a prediction of several classes cannot be monotone"
            findings.error("SPEC086", path, message, "leave monotone out", at="key")
        if column.kind in NO_QUANTITIES:
            message = f"column {quoted(name)} cannot be monotone: it is {column.kind}, and only numbers have an order"
            findings.error("SPEC087", path, message, "leave monotone out, or say kind: numeric", at="key")
    if columns:
        _check_families(spec, ", ".join(map(quoted, columns)), findings)


def honours(family: str) -> bool:
    """Whether the predictions of a family can be held monotone."""
    return any(OPERATORS[name].monotone for name in FAMILIES[family].estimators.values())


def _check_families(spec: WrittenSpec, columns: str, findings: Findings) -> None:
    """Each family that is named can honour the constraints on these columns."""
    named = spec.search.families if spec.search is not None else None
    able = [name for name in FAMILIES if honours(name) and name != "constant"]
    for i, name in enumerate(named or ()):
        if name in FAMILIES and not honours(name):
            message = f"search.families: {name} cannot honour the monotone constraint on {columns}"
            findings.error("SPEC085", ("search", "families", i), message, f"{one_of(able)} can")
