"""The door: what comes in is read, and refused where it has no defined meaning. Behind it, every value has one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from .schema import FIELDS, Field
from .scoring.cells import WHOLE
from .scoring.columns import Column, Columns, row_count
from .scoring.table import BadInput, ColumnSpec, Problem, columns_from, fields_of


def specs_of(fields: Sequence[Field]) -> tuple[ColumnSpec, ...]:
    """How the columns of these fields are read."""
    return tuple(ColumnSpec(f.name, f.physical, f.tokens, f.time_format, f.number_format, f.names_of) for f in fields)


SPECS = specs_of(FIELDS)
REQUIRED = tuple(field.name for field in FIELDS if field.required)
_REQUIRED = frozenset(REQUIRED)


def columns_of(data: object) -> Columns:
    """The model's columns from a dict (one row), a list of dicts, a mapping of arrays, or a frame.

    Neither the order of columns nor further columns matter. A column that is not there counts as missing values where
    training had some in it; otherwise it is refused. Raises BadInput with all that is wrong.
    """
    columns = columns_from(SPECS, data)
    if isinstance(data, list | tuple):
        check_rows(data)
    else:
        present = fields_of(data)
        if present or row_count(columns):  # a frame of neither rows nor columns is no mistake
            check_fields(present)
    check_values(columns)
    return columns


def check_rows(rows: Sequence[Collection[str]]) -> None:
    """Raise BadInput that names what each row lacks: a row is answered the same alone and among others."""
    lacking = [row for row, record in enumerate(rows) if not _REQUIRED.issubset(record)]
    if lacking:
        absent = ((row, name) for row in lacking for name in REQUIRED if name not in rows[row])
        raise BadInput(Problem(row, name, "a value", "no such field") for row, name in absent)


def check_fields(present: Collection[str]) -> None:
    """Raise BadInput that names every required column that is not there."""
    absent = [name for name in REQUIRED if name not in present]
    if absent:
        raise BadInput(Problem(WHOLE, name, "a column of this name", "none") for name in absent)


def check_values(columns: Columns, start: int = 0) -> None:
    """Raise BadInput that names the values that are refused; `start` is the number of the first row."""
    found = [refusal for field in FIELDS for refusal in _refusals(field, columns[field.name], start)]
    if found:
        raise BadInput(sorted(found, key=lambda problem: problem.row))


def _refusals(field: Field, column: Column, start: int) -> Iterator[Problem]:
    """A missing time where training had none has no stand-in and is refused. The rest is by the policies of schema.py."""
    if field.required and field.physical == "datetime" and isinstance(column, np.ndarray):
        for row in np.flatnonzero(np.isnan(column)):
            yield Problem(start + int(row), field.name, "a value: training had no missing one", "a missing value")
