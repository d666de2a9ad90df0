"""The test file: read as what the training file was found to be. Nothing is inferred from it."""

from __future__ import annotations

import numpy as np
import pyarrow as arrow

from automl.data.kinds import present
from automl.data.physical import PhysicalColumn, PhysicalTable, is_text, strings
from automl.data.read import RawTable
from automl.data.schema import Role, Schema, TestInfo
from automl.data.weights import rows_that_count
from automl.errors import AutomlError, Diagnostic, nearest
from automl.runtime.arrow_files import arrow_values
from automl.runtime.columns import Column, Ints, Text
from automl.runtime.fingerprint import fingerprint_column, fingerprint_table
from automl.runtime.table import BadInput, ColumnSpec, to_column
from automl.runtime.values import canonical_number

UNUSED: tuple[Role, ...] = ("ignored", "dropped", "fold")  # may be absent from a test file
SHOWN = 3
MOST_NEW_CLASSES = 200


def read_test(raw: RawTable, table: PhysicalTable, schema: Schema) -> tuple[PhysicalTable, TestInfo]:
    """The columns of the test file that the plan uses, and what there is to know of them.

    Raises AutomlError: DATA050 to 052 (weights), DATA054 (a column is absent), DATA055 (a value cannot be read as the
    training column was), DATA056 (no row has a target).
    """
    file = ", ".join(str(path) for path in raw.paths)
    used = [table.column(info.name) for info in schema.columns if info.role not in UNUSED]
    problems = [_absent(column.name, raw, file) for column in used if column.name not in raw.names]
    columns = []
    for column in used:
        if column.name in raw.names:
            try:
                columns.append(PhysicalColumn(column.spec, _values(raw, column.spec)))
            except (BadInput, AutomlError) as bad:
                problems += _misread(bad, column.spec, file)
    if problems:
        raise AutomlError(problems)
    found = PhysicalTable(tuple(columns), raw.rows)
    return found, _info(found, schema, file)


def counted_rows(table: PhysicalTable, schema: Schema) -> Ints:
    """The rows of a table that count: with a target, and with a weight above 0 where there are weights."""
    labelled = np.flatnonzero(present(table.column(schema.with_role("target")[0].name).values)).astype(np.int64)
    weight = schema.with_role("weight")
    return rows_that_count(table, labelled, weight[0].name if weight else None)[0]


def _values(raw: RawTable, spec: ColumnSpec) -> Column:
    array = raw.table.column(spec.name).combine_chunks()
    if isinstance(array, arrow.ChunkedArray):
        array = array.chunk(0)
    if arrow.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if arrow.types.is_null(array.type):
        return to_column(spec, [None] * len(array))
    if is_text(array.type):
        array = strings(array, spec.name)
    elif spec.physical == "datetime" and arrow.types.is_integer(array.type):
        array = array.cast(arrow.string())
    return to_column(spec, arrow_values(spec, array))


def _absent(name: str, raw: RawTable, file: str) -> Diagnostic:
    message = f"the test file has no column {name!r}, which the training file has"
    hint = nearest(name, raw.names) or "a test file has the columns of the training file"
    return Diagnostic("error", "DATA054", message, file=file, hint=hint)


def _misread(bad: BadInput | AutomlError, spec: ColumnSpec, file: str) -> list[Diagnostic]:
    if isinstance(bad, AutomlError):
        return list(bad.diagnostics)
    shown = "; ".join(f"row {p.row + 1}: {p.value}" for p in bad.problems[:SHOWN])
    more = f" and {len(bad.problems) - SHOWN} more" if len(bad.problems) > SHOWN else ""
    message = f"column {spec.name!r} of the test file cannot be read as {spec.physical}, as in training: {shown}{more}"
    hint = "mend the file, or say under data.columns how the column is to be read"
    return [Diagnostic("error", "DATA055", message, file=file, hint=hint)]


def _info(table: PhysicalTable, schema: Schema, file: str) -> TestInfo:
    target = table.column(schema.with_role("target")[0].name)
    labelled = np.flatnonzero(present(target.values)).astype(np.int64)
    if not len(labelled):
        message = f"no row of the test file has a value in target {target.name!r}"
        hint = "a test file needs the answers: the final estimate is measured on it"
        raise AutomlError(Diagnostic("error", "DATA056", message, file=file, hint=hint))
    weight = schema.with_role("weight")
    rows, wrong = rows_that_count(table, labelled, weight[0].name if weight else None, file)
    if wrong:
        raise AutomlError(wrong)
    known = {info.label for info in schema.classes}
    new = sorted(_labels(target.values, rows) - known) if known else []
    return TestInfo(
        rows=len(rows),
        rows_without_target=table.rows - len(labelled),
        new_classes=tuple(new[: MOST_NEW_CLASSES + 1]),
        fingerprint=fingerprint_table([(c.name, fingerprint_column(c.values)) for c in table.columns]),
    )


def _labels(target: Column, rows: Ints) -> set[str]:
    if isinstance(target, Text):
        return {target.levels[code] for code in np.unique(target.codes[rows])}
    return {canonical_number(float(value)) or "" for value in np.unique(target[rows])}
