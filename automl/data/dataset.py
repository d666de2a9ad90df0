"""The table as fits see it: features, target, what rows are cut by, and the columns that are carried through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from automl.data.physical import PhysicalColumn, PhysicalTable
from automl.data.schema import Schema
from automl.data.tested import counted_rows
from automl.errors import AutomlError, Diagnostic
from automl.rows import RowContext
from automl.runtime.columns import Column, Columns, Floats, Ints, Text, take
from automl.runtime.files import concatenate
from automl.runtime.table import missing_column
from automl.runtime.values import canonical_number


@dataclass(frozen=True)
class Dataset:
    """All rows that count, in file order, those of a test file last. Pickles as plain arrays.

    A row counts where it has a target, and a weight above 0 where there are weights.
    """

    columns: Columns  # the features, by name in file order; a time column is one too
    target: Floats | Ints  # class codes (positions in `classes`), int64; numbers for regression, float64
    classes: tuple[str, ...]  # empty for regression
    context: RowContext
    ids: Columns  # carried through to predictions
    file_rows: Ints  # the number of each row among all rows of the files, from 0; the test file comes after the others
    weights: Floats | None = None  # what each row counts for, above 0; None: all the same

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.target)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, dictionaries of texts included as far as their letters go."""
        given = (self.context.groups, self.context.order, self.context.folds, self.weights)
        extra = [x.nbytes for x in given if x is not None]
        columns = (*self.columns.values(), *self.ids.values())
        return self.target.nbytes + sum(extra) + sum(_bytes(column) for column in columns)


def _bytes(column: Column) -> int:
    if isinstance(column, Text):
        return column.codes.nbytes + sum(len(level) + 49 for level in column.levels)  # 49: the head of a Python str
    return column.nbytes


def make_dataset(
    table: PhysicalTable,
    schema: Schema,
    task: Literal["binary", "multiclass", "regression"],
    classes: Sequence[str] = (),
    test: PhysicalTable | None = None,
) -> Dataset:
    """Features, target and context of the rows that count, those of the test file after the others.

    `classes` are canonical labels in the order of their codes; unused for regression. Raises AutomlError where the
    target is no number (DATA038) or has other values than `classes` (DATA039).
    """
    name = schema.with_role("target")[0].name
    rows = counted_rows(table, schema)
    more = None if test is None else counted_rows(test, schema)

    def column(wanted: str) -> Column:
        source = table.column(wanted)
        values = take(source.values, rows)
        if test is None or more is None:
            return values
        return concatenate(source.spec, [values, _tested(test, source, more)])

    values = _numbers(column(name), name) if task == "regression" else _codes(column(name), tuple(classes), name)
    weight = schema.with_role("weight")
    return Dataset(
        columns={info.name: column(info.name) for info in schema.with_role("feature", "time")},
        target=values,
        classes=() if task == "regression" else tuple(classes),
        context=_context(schema, task, values, column),
        ids={info.name: column(info.name) for info in schema.with_role("id")},
        file_rows=rows if more is None else np.concatenate([rows, more + table.rows]),
        weights=_numbered(column(weight[0].name)) if weight else None,
    )


def _context(schema: Schema, task: str, target: Floats | Ints, column: Callable[[str], Column]) -> RowContext:
    """What rows are cut by. `column`: the values of one by its name."""
    group, time, fold = (schema.with_role(role) for role in ("group", "time", "fold"))
    return RowContext(
        rows=len(target),
        strata=None if task == "regression" else target.astype(np.int64, copy=False),
        groups=_group_codes(column(group[0].name)) if group else None,
        order=_numbered(column(time[0].name)) if time else None,
        folds=_fold_codes(column(fold[0].name)) if fold else None,
    )


def _tested(test: PhysicalTable, source: PhysicalColumn, rows: Ints) -> Column:
    """A column of the test file; of missing values where it has none and needs none (the folds)."""
    there = any(column.name == source.name for column in test.columns)
    return take(test.column(source.name).values, rows) if there else missing_column(source.spec, len(rows))


def _numbers(target: Column, name: str) -> Floats:
    if isinstance(target, Text):
        shown = ", ".join(map(repr, target.levels[:3]))
        message = f"regression needs a numeric target, but {name!r} holds texts such as {shown}"
        raise AutomlError(Diagnostic("error", "DATA038", message, hint="use task: binary or multiclass"))
    return np.ascontiguousarray(target)


def _codes(target: Column, classes: tuple[str, ...], name: str) -> Ints:
    labels, inverse = _labels(target)
    positions = {label: code for code, label in enumerate(classes)}
    unknown = sorted(label for label in labels if label not in positions)
    if unknown:
        shown = ", ".join(map(repr, unknown[:5]))
        message = f"target {name!r} has values that are none of its {len(classes)} classes: {shown}"
        raise AutomlError(Diagnostic("error", "DATA039", message, hint=f"the classes are {', '.join(classes[:10])}"))
    return np.array([positions[label] for label in labels], dtype=np.int64)[inverse]


def _labels(values: Column) -> tuple[list[str], Ints]:
    """The canonical texts of a column without missing values, and which of them each row has."""
    if isinstance(values, Text):
        return list(values.levels), values.codes.astype(np.int64)
    distinct, inverse = np.unique(values, return_inverse=True)
    return [canonical_number(float(value)) or "" for value in distinct], inverse.reshape(-1).astype(np.int64)


def _group_codes(groups: Column) -> Ints:
    """Codes in the order of the sorted labels; rows without a group are one group of their own, the first."""
    assert isinstance(groups, Text)  # groups are read as names
    ranks = {label: rank for rank, label in enumerate(sorted(groups.levels), start=1)}
    table = np.array([*(ranks[label] for label in groups.levels), 0], dtype=np.int64)
    return table[groups.codes]


def _fold_codes(names: Column) -> Ints:
    """Folds in the order of their names, numbers by value; -1 for rows without one."""
    assert isinstance(names, Text)  # folds are read as names
    used = sorted({names.levels[code] for code in np.unique(names.codes) if code >= 0}, key=_by_value)
    ranks = {name: rank for rank, name in enumerate(used)}
    table = np.array([*(ranks.get(level, -1) for level in names.levels), -1], dtype=np.int64)
    return table[names.codes]


def _by_value(name: str) -> tuple[float, str]:
    try:
        return (float(name), name)
    except ValueError:
        return (float("inf"), name)


def _numbered(numbers: Column) -> Floats:
    assert not isinstance(numbers, Text)  # times and weights: the schema refuses others
    return numbers
