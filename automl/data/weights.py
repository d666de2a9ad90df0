"""Sample weights: which rows count, and what is wrong with a column of weights."""

from __future__ import annotations

import numpy as np

from automl.data.physical import PhysicalTable
from automl.errors import Diagnostic
from automl.runtime.columns import Floats, Ints, Text

SHOWN = 5
SMALLEST, LARGEST = 1e-100, 1e100  # beyond, sums and products of weights leave the range of numbers


def rows_that_count(
    table: PhysicalTable, labelled: Ints, weight: str | None, file: str | None = None
) -> tuple[Ints, list[Diagnostic]]:
    """Those of the labelled rows that have a weight above 0 (all of them without weights), and the errors found.

    Rows without a target may have any weight. `file` is named where the table is not the training data.
    """
    if weight is None:
        return labelled, []
    values = table.column(weight).values
    assert not isinstance(values, Text)  # weights are read as numbers
    found = _errors(weight, values[labelled], labelled, file)
    return labelled[values[labelled] > 0], found


def _errors(name: str, values: Floats, rows: Ints, file: str | None) -> list[Diagnostic]:
    negative, missing = rows[values < 0], rows[np.isnan(values)]
    found = []
    if len(negative):
        message = f"weights in {name!r} are negative in {_rows(negative)}"
        hint = "a weight is 0 (the row does not count) or larger"
        found.append(Diagnostic("error", "DATA050", message, file=file, hint=hint))
    if len(missing):
        message = f"weights in {name!r} are missing in {_rows(missing)}"
        hint = "give every row a weight: 1 for an ordinary one, 0 for one that does not count"
        found.append(Diagnostic("error", "DATA051", message, file=file, hint=hint))
    beyond = rows[(values > LARGEST) | ((values > 0) & (values < SMALLEST))]
    if len(beyond):
        message = f"weights in {name!r} are beyond {SMALLEST:g} to {LARGEST:g} in {_rows(beyond)}"
        hint = "only their ratios matter: scale them to about 1"
        found.append(Diagnostic("error", "DATA057", message, file=file, hint=hint))
    if not found and not (values > 0).any():
        message = f"all weights in {name!r} are 0, so that no row counts"
        found.append(Diagnostic("error", "DATA052", message, file=file, hint="name another column, or leave it out"))
    return found


def _rows(rows: Ints) -> str:
    """Rows as people count them: from 1, the line of names left out."""
    shown = ", ".join(str(row + 1) for row in rows[:SHOWN].tolist())
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"
