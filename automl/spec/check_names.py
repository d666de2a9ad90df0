"""Checks of a spec against the names of the table's columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from automl.errors import Diagnostic, nearest
from automl.spec.findings import Findings
from automl.spec.loaded import LoadedSpec
from automl.spec.places import At, Path, dotted, quoted
from automl.spec.written import WrittenFolds, WrittenSpec


def check_names(loaded: LoadedSpec, names: Sequence[str]) -> list[Diagnostic]:
    """An error for each column that the spec names and the table lacks. `names`: the table's columns, in its order."""
    findings = Findings(loaded.places)
    known = set(names)
    for path, name, at in _named(loaded.written):
        if name not in known:
            hint = nearest(name, names) or _some(names)
            where = "data.columns" if at == "key" else dotted(path)
            findings.error("SPEC060", path, f"{where}: column {quoted(name)} is not in the table", hint, at)
    return findings.found


def _named(spec: WrittenSpec) -> Iterator[tuple[Path, str, At]]:
    """Every column that the spec names: its path, its name, and whether it is a key or a value."""
    data = spec.data
    for role in ("target", "weight", "group", "time"):
        name = getattr(data, role)
        if name is not None:
            yield ("data", role), name, "value"
    for role in ("id", "ignore"):
        for i, name in enumerate(getattr(data, role) or ()):
            yield ("data", role, i), name, "value"
    for name in data.columns or {}:
        yield ("data", "columns", name), name, "key"
    if spec.validation is not None and isinstance(spec.validation.folds, WrittenFolds):
        yield ("validation", "folds", "column"), spec.validation.folds.column, "value"
    for i, entry in enumerate(spec.accept or ()):
        if entry.for_each is not None:
            yield ("accept", i, "for_each"), entry.for_each, "value"


def _some(names: Sequence[str]) -> str | None:
    """A few columns that are there, where nothing is near."""
    if not names:
        return None
    text = ", ".join(quoted(name) for name in names[:5])
    return f"the columns are {text}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")
