"""Generated inputs for every operator, from its declaration alone: a new entry of the catalog is tested when listed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np

from automl.catalog import OPERATORS, Operator
from automl.catalog.operator import TaskName
from automl.fitting.target import Target
from automl.kinds import Kind
from automl.runtime.columns import Column, Columns, Matrix, Text, take
from automl.runtime.sparse import Features, Sparse, as_sparse
from automl.runtime.state import State

CLASSES: dict[TaskName, int] = {"binary": 2, "multiclass": 3, "regression": 0}
ROWS = 90
LEVELS = ("", "a", "b", "ä", "zeta", "Z", "10", "9", "same", "rare")
TEXTS = ("", "a b a", "B, a!", "ä א", "zeta  a b", "Z\0", "10 10", "\U0001f600", "same a b", "rare")


@dataclass(frozen=True)
class Case:
    """One operator on one task."""

    op: Operator
    task: TaskName
    sparse: bool = False  # its input

    @property
    def label(self) -> str:
        return f"{self.op.name}-{self.task}" + ("-sparse" if self.sparse else "")


CASES = [Case(op, task) for op in OPERATORS.values() for task in sorted(op.tasks)]
CASES += [Case(op, task, True) for op in OPERATORS.values() if op.takes_sparse for task in sorted(op.tasks)]
FITTED = [case for case in CASES if case.op.fitted]


def params_of(case: Case, features: int) -> dict[str, Any]:
    """The defaults of the catalog; few rounds; a categorical feature, where codes are accepted by an estimator."""
    params: dict[str, Any] = {name: param.default for name, param in case.op.space.items()} | dict(case.op.fixed)
    if case.op.rounds:
        params[case.op.rounds] = 12
    smaller = {"min_data_in_leaf": 3, "min_samples_leaf": 3, "n_estimators": 12, "width": 16, "epochs": 1, "k": 5}
    params |= {name: value for name, value in smaller.items() if name in params}  # splits on few rows; quick fits
    if case.op.role == "estimator" and Kind.CODE in case.op.accepts and features > 1:
        params["categorical"] = (features - 1,)
    return params


def column_of(kind: Kind, rows: int, rng: np.random.Generator) -> Column:
    """A column of the kind, a tenth of it missing."""
    missing = rng.random(rows) < 0.1
    if kind in (Kind.CATEGORICAL, Kind.TEXT):
        codes = rng.integers(0, len(LEVELS) - 1, rows).astype(np.int32)  # the last level is not used
        codes[missing] = -1
        return Text(codes, TEXTS if kind == Kind.TEXT else LEVELS)
    values = {
        Kind.NUMERIC: rng.normal(size=rows) * 100.0,
        Kind.INTEGER: rng.integers(-2, 5, rows).astype(np.float64),
        Kind.BOOLEAN: rng.integers(0, 2, rows).astype(np.float64),
        Kind.DATETIME: rng.uniform(-2e9, 4e9, rows),
    }[kind]
    return np.where(missing, np.nan, values)


def inputs_of(case: Case, rows: int, seed: int, width: int = 5) -> tuple[Any, ...]:
    """What the operator reads: one mapping of raw columns, or one matrix (two for a join)."""
    rng = np.random.default_rng(seed)
    if case.op.reads_source:
        kinds = sorted(case.op.accepts)
        kinds = [kinds[i % len(kinds)] for i in range(max(width, len(kinds)))]
        return ({f"column {i}": column_of(kind, rows, rng) for i, kind in enumerate(kinds)},)
    parts = tuple(matrix_of(case, rows, width, rng) for _ in range(2 if case.op.widens == "joins" else 1))
    if not case.sparse:
        return parts
    holes = np.where(rng.random(parts[-1].shape) < 0.6, 0.0, parts[-1])
    return (*parts[:-1], as_sparse(holes))  # a join is given a dense part and a sparse one


def matrix_of(case: Case, rows: int, width: int, rng: np.random.Generator) -> Matrix:
    """Numbers, with NaN unless the operator refuses them; the last feature holds codes where codes are accepted."""
    x = rng.normal(size=(rows, width))
    if Kind.CODE in case.op.accepts:
        x[:, -1] = rng.integers(0, 6, rows)
    if case.op.missing != "refuses":
        x[rng.random(x.shape) < 0.1] = np.nan
    return x


def target_of(case: Case, rows: int, seed: int) -> Target:
    """A random target; every class occurs where there are enough rows."""
    rng = np.random.default_rng([seed, 1])
    classes = CLASSES[case.task]
    if classes == 0:
        return Target(rng.normal(size=rows) * 10.0 + 5.0, 0)
    return Target(rng.permutation(np.arange(rows) % classes).astype(np.int64), classes)


def fit(case: Case, inputs: tuple[Any, ...], target: Target, seed: int = 7) -> State:
    """The State of the operator; an empty one where nothing is fitted. Networks are trained in a few steps only."""
    if not case.op.fitted:
        return State()
    features = 0 if case.op.reads_source else inputs[0].shape[1]
    module = importlib.import_module(f"automl.fitting.{case.op.module}")
    with patch("automl.fitting.mlp.FEWEST_STEPS", 20):
        state: State = module.fit(inputs, target, params_of(case, features), seed)
    return state


@dataclass(frozen=True)
class Known:
    """A case with generated inputs and its State on them."""

    inputs: tuple[Any, ...]
    target: Target
    state: State


_KNOWN: dict[str, Known] = {}


def known(case: Case) -> Known:
    """One fit that many tests look at, on ROWS rows. They don't change it."""
    if case.label not in _KNOWN:
        inputs, target = inputs_of(case, ROWS, 1), target_of(case, ROWS, 1)
        _KNOWN[case.label] = Known(inputs, target, fit(case, inputs, target))
    return _KNOWN[case.label]


def apply(case: Case, state: State, inputs: tuple[Any, ...]) -> Matrix:
    out: Features = importlib.import_module(f"automl.runtime.{case.op.module}").apply(state, *inputs)
    assert isinstance(out, Sparse) == case.op.gives_sparse
    return out.dense() if isinstance(out, Sparse) else out


def at_rows(inputs: tuple[Any, ...], rows: Any) -> tuple[Any, ...]:
    """The inputs at those rows."""
    rows = np.asarray(rows, dtype=np.int64)
    return tuple(
        {name: take(column, rows) for name, column in part.items()} if isinstance(part, dict) else take_rows(part, rows)
        for part in inputs
    )


def take_rows(part: Features, rows: Any) -> Features:
    return part.take(rows) if isinstance(part, Sparse) else part[rows]


def other_dictionary(columns: Columns) -> Columns:
    """The same values under another dictionary: reversed, with levels that no row has."""
    found: dict[str, Column] = {}
    for name, column in columns.items():
        if isinstance(column, Text):
            levels = ("unused", *reversed(column.levels), "also unused")
            codes = np.where(column.codes < 0, -1, len(column.levels) - column.codes).astype(np.int32)
            column = Text(codes, levels)
        found[name] = column
    return found


def same_bits(a: Matrix, b: Matrix) -> bool:
    return a.shape == b.shape and np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()
