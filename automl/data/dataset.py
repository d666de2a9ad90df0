"""The table as fits see it: features, target, what rows are cut by, and the columns that are carried through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from automl.data.physical import PhysicalTable
from automl.data.schema import Schema
from automl.errors import AutomlError, Diagnostic
from automl.rows import RowContext
from automl.runtime.columns import Column, Columns, Floats, Ints, Text, take
from automl.runtime.values import canonical_number


@dataclass(frozen=True)
class Dataset:
    """All rows that have a target, in file order. Pickles as plain arrays (protocol 5 passes them without a copy)."""

    columns: Columns  # the features, by name in file order; a time column is one too
    target: Floats | Ints  # class codes (positions in `classes`), int64; numbers for regression, float64
    classes: tuple[str, ...]  # empty for regression
    context: RowContext
    ids: Columns  # carried through to predictions
    file_rows: Ints  # the number of each row among all rows of the files, from 0

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.target)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, dictionaries of texts included as far as their letters go."""
        extra = [x.nbytes for x in (self.context.groups, self.context.order) if x is not None]
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
) -> Dataset:
    """Features, target and context of the rows that have a target.

    `classes` are canonical labels in the order of their codes; unused for regression. Raises AutomlError where the
    target is no number (DATA038) or has other values than `classes` (DATA039).
    """
    name = schema.with_role("target")[0].name
    target = table.column(name).values
    rows = np.flatnonzero(target.codes >= 0 if isinstance(target, Text) else ~np.isnan(target)).astype(np.int64)

    def column(wanted: str) -> Column:
        values = table.column(wanted).values
        return take(values, rows)

    values = _numbers(column(name), name) if task == "regression" else _codes(column(name), tuple(classes), name)
    group, time = schema.with_role("group"), schema.with_role("time")
    context = RowContext(
        rows=len(rows),
        strata=None if task == "regression" else values.astype(np.int64, copy=False),
        groups=_group_codes(column(group[0].name)) if group else None,
        order=_order(column(time[0].name)) if time else None,
    )
    return Dataset(
        columns={info.name: column(info.name) for info in schema.with_role("feature", "time")},
        target=values,
        classes=() if task == "regression" else tuple(classes),
        context=context,
        ids={info.name: column(info.name) for info in schema.with_role("id")},
        file_rows=rows,
    )


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


def _order(times: Column) -> Floats:
    assert not isinstance(times, Text)  # the schema refuses other time columns
    return times
