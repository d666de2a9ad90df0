"""From whatever a caller holds to columns: single values, lists, numpy arrays, records, frames.

Standard library and numpy only: a package carries a copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .cells import READERS, WHOLE, encode_level, problem_at
from .cells import BadInput as BadInput
from .cells import ColumnSpec as ColumnSpec
from .cells import Problem as Problem
from .columns import Column, Columns, Floats, Text


def to_column(spec: ColumnSpec, values: Any) -> Column:
    """One column from a list, a tuple, a numpy array, or anything that `numpy.asarray` reads. Raises BadInput."""
    if isinstance(values, np.ma.MaskedArray):
        values = values.tolist()  # None where it is masked
    if not isinstance(values, list | tuple):
        values = np.asarray(values)
        if values.ndim != 1:
            raise BadInput([Problem(WHOLE, spec.name, "one value for each row", f"an array of shape {values.shape}")])
        if values.dtype.kind not in "fiubM" or values.dtype == np.float16:
            values = values.tolist()
    if spec.physical == "text":
        return _text_of_array(spec, values) if isinstance(values, np.ndarray) else _text_of_list(spec, values)
    found = _floats_of_array(spec, values) if isinstance(values, np.ndarray) else _floats_of_list(spec, values)
    if spec.physical == "number" and len(spec.missing_numbers):
        found[np.isin(found, spec.missing_numbers)] = np.nan
    return found


def _floats_of_list(spec: ColumnSpec, values: Sequence[Any]) -> Floats:
    if len(values) == 1 and type(values[0]) is float and spec.physical == "number":  # one row, as a server has it
        return np.array([values[0] if math.isfinite(values[0]) else math.nan])
    kinds = set(map(type, values))
    if spec.physical == "number" and kinds <= {float, int, bool, type(None)}:
        try:
            return _finite(np.array(values, dtype=np.float64))
        except OverflowError:  # an integer beyond the range of floats: one by one
            pass
    read = READERS[spec.physical]
    found = np.empty(len(values), dtype=np.float64)
    problems: list[Problem] = []
    for row, value in enumerate(values):
        number = read(spec, value)
        if number is None:
            problems.append(problem_at(spec, row, value))
            number = math.nan
        found[row] = number
    if problems:
        raise BadInput(problems)
    return _finite(found)


def _floats_of_array(spec: ColumnSpec, values: npt.NDArray[Any]) -> Floats:
    if (values.dtype.kind == "M") != (spec.physical == "datetime"):
        return _floats_of_list(spec, values.tolist() if values.dtype.kind != "M" else list(values))
    if spec.physical == "datetime":
        found = values.astype("datetime64[us]").astype(np.int64) / 1e6
        found[np.isnat(values)] = np.nan
        return np.ascontiguousarray(found, dtype=np.float64)
    found = _finite(values.astype(np.float64))
    if spec.physical == "boolean" and not np.isin(found[~np.isnan(found)], (0.0, 1.0)).all():
        return _floats_of_list(spec, values.tolist())  # raises, with the rows
    return found


def _finite(values: Floats) -> Floats:
    """The same array, with NaN for infinities."""
    values[~np.isfinite(values)] = np.nan
    return values


def _text_of_list(spec: ColumnSpec, values: Sequence[Any]) -> Text:
    codes = np.empty(len(values), dtype=np.int32)
    known: dict[Any, int] = {}  # raw value -> code; with its type, since 1 equals True but has another text
    levels: dict[str, int] = {}
    problems: list[Problem] = []
    for row, value in enumerate(values):
        key = value if type(value) is str else (type(value), value)
        try:
            code = known.get(key)
        except TypeError:  # a list or an object: no value of a cell
            problems.append(problem_at(spec, row, value))
            continue
        if code is None:
            if isinstance(value, tuple | frozenset):
                problems.append(problem_at(spec, row, value))
                continue
            code = known[key] = encode_level(spec, value, levels)
        codes[row] = code
    if problems:
        raise BadInput(problems)
    return Text(codes, tuple(levels))


def _text_of_array(spec: ColumnSpec, values: npt.NDArray[Any]) -> Text:
    distinct, inverse = np.unique(values, return_inverse=True)
    levels: dict[str, int] = {}
    table = np.array([encode_level(spec, value, levels) for value in distinct], dtype=np.int32)
    return Text(table[inverse.reshape(-1)] if len(table) else np.empty(0, dtype=np.int32), tuple(levels))


def columns_from(specs: Sequence[ColumnSpec], data: Any) -> Columns:
    """The columns of `specs` from a dict of values (one row), a list of dicts, a mapping of arrays, or a frame.

    A frame is anything whose `frame[name]` speaks numpy: pandas, polars, a pyarrow Table, a structured array. A field
    that is not there is a column of missing values (see `fields_of`). Raises BadInput with the problems of all columns.
    """
    take, rows = _access(data)
    found: dict[str, Column] = {}
    problems: list[Problem] = []
    for spec in specs:
        values = take(spec.name)
        try:
            column = missing_column(spec, rows) if values is None else to_column(spec, values)
        except BadInput as bad:
            problems.extend(bad.problems)
            continue
        if len(column) != rows:
            problems.append(Problem(min(rows, len(column)), spec.name, f"{rows} values", f"{len(column)} values"))
        found[spec.name] = column
    if problems:
        raise BadInput(sorted(problems, key=lambda problem: problem.row))
    return found


def missing_column(spec: ColumnSpec, rows: int) -> Column:
    """A column of missing values."""
    return Text(np.full(rows, -1, dtype=np.int32), ()) if spec.physical == "text" else np.full(rows, np.nan)


def fields_of(data: Any) -> tuple[str, ...]:
    """The names of the fields in `data`: keys of the mapping, or of any record, or columns of the frame."""
    if isinstance(data, Mapping):
        return tuple(data)
    if isinstance(data, list | tuple):
        return tuple(dict.fromkeys(name for row in data if isinstance(row, Mapping) for name in row))
    names = getattr(data, "column_names", None) or getattr(data, "columns", None)
    if names is None:
        names = getattr(getattr(data, "dtype", None), "names", None)
    if names is None:
        raise BadInput(
            [Problem(WHOLE, "", "a dict, a list of dicts, a mapping of arrays or a frame", type(data).__name__)]
        )
    return tuple(names)


def _access(data: Any) -> tuple[Callable[[str], Any], int]:
    """How to get at the values of a field, and the number of rows."""
    if isinstance(data, list | tuple):
        wrong = [row for row, record in enumerate(data) if not isinstance(record, Mapping)]
        if wrong:
            expected = "an object of fields and values"
            raise BadInput(Problem(row, "", expected, type(data[row]).__name__) for row in wrong)
        present = set(fields_of(data))
        return (lambda name: [row.get(name) for row in data] if name in present else None), len(data)
    if isinstance(data, Mapping):
        lengths = [len(value) for value in data.values() if _is_array(value)]
        if not lengths:
            return (lambda name: [data[name]] if name in data else None), 1
        single = [name for name, value in data.items() if not _is_array(value)]
        if single:
            expected = "an array, as the other fields have"
            raise BadInput(Problem(WHOLE, str(name), expected, repr(data[name])[:60]) for name in single)
        return data.get, lengths[0]
    names = frozenset(fields_of(data))
    return (lambda name: data[name] if name in names else None), len(data)


def _is_array(value: object) -> bool:
    if isinstance(value, list | tuple):
        return True
    return hasattr(value, "__array__") and hasattr(value, "__len__") and getattr(value, "ndim", 1) > 0
