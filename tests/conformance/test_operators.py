"""What every operator of the catalog promises."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.kinds import Kind
from automl.runtime.columns import Text
from automl.runtime.sparse import Sparse, as_sparse
from automl.runtime.state import load_state
from tests.support.folds import one_thread as one_thread

from .tables import (
    CASES,
    CLASSES,
    FITTED,
    ROWS,
    Case,
    apply,
    at_rows,
    fit,
    inputs_of,
    known,
    other_dictionary,
    same_bits,
    take_rows,
    target_of,
)

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
every_fit = pytest.mark.parametrize("case", FITTED, ids=lambda case: case.label)
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
EXAMPLES, MOST = (24, 40) if THOROUGH else (4, 20)  # tables, and rows of one


@every_case
def test_output_is_what_is_declared(case: Case) -> None:
    inputs = known(case).inputs
    out = apply(case, known(case).state, inputs)
    assert out.dtype == np.float64 and out.ndim == 2 and len(out) == ROWS and out.flags.c_contiguous
    if case.op.missing in ("removes", "refuses"):
        assert np.isfinite(out).all()
    if case.op.widens == "no" and case.op.role == "transformer":
        assert out.shape[1] == (len(inputs[0]) if case.op.reads_source else inputs[0].shape[1])


@every_case
def test_predictions_are_probabilities(case: Case) -> None:
    if case.op.gives != Kind.PREDICTION:
        assert case.op.role == "transformer"
        return
    out = apply(case, known(case).state, known(case).inputs)
    assert out.shape[1] == max(1, CLASSES[case.task])
    if CLASSES[case.task]:
        assert (out >= 0).all() and (out <= 1).all() and np.allclose(out.sum(axis=1), 1.0, atol=1e-12)
    if CLASSES[case.task] == 2:
        assert (out[:, 0] == 1.0 - out[:, 1]).all()


@every_case
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(rows=st.integers(2, MOST), width=st.integers(1, 17), seed=st.integers(0, 10**6), data=st.data())
def test_one_row_is_the_batch(case: Case, rows: int, width: int, seed: int, data: st.DataObject) -> None:
    training, target = inputs_of(case, 40, seed, width), target_of(case, 40, seed)
    state = fit(case, training, target)
    inputs = inputs_of(case, rows, seed + 1, width)
    whole = apply(case, state, inputs)
    for row in range(rows):
        assert same_bits(apply(case, state, at_rows(inputs, [row])), whole[row : row + 1]), row
    chosen = data.draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=2 * rows))
    assert same_bits(apply(case, state, at_rows(inputs, chosen)), whole[chosen])


@every_case
def test_no_row_gives_no_row(case: Case) -> None:
    inputs, state = known(case).inputs, known(case).state
    out = apply(case, state, at_rows(inputs, []))
    assert out.shape == (0, apply(case, state, inputs).shape[1]) and out.dtype == np.float64


@every_case
def test_state_survives_its_files(case: Case, tmp_path: Path) -> None:
    inputs, state = known(case).inputs, known(case).state
    for suffix, content in state.files().items():
        (tmp_path / f"step{suffix}").write_bytes(content)
    read = load_state(tmp_path, "step")
    assert read.files() == state.files() and read == state
    expected = apply(case, state, inputs)
    assert same_bits(apply(case, read, inputs), expected)
    sent = pickle.loads(pickle.dumps(state))  # with whatever `apply` has cached in it
    assert sent.handles == {} and same_bits(apply(case, sent, inputs), expected)


@every_fit
def test_refit_gives_the_same_bytes(case: Case) -> None:
    inputs, target, state = known(case).inputs, known(case).target, known(case).state
    assert fit(case, inputs, target).files() == state.files()
    fresh = tuple({**part} if isinstance(part, dict) else take_rows(part, np.arange(ROWS)) for part in inputs)
    assert fit(case, fresh, target).files() == state.files()


@every_fit
def test_the_dictionary_of_a_table_leaves_no_trace(case: Case) -> None:
    if not case.op.reads_source:
        return
    inputs, target, state = known(case).inputs, known(case).target, known(case).state
    other = (other_dictionary(inputs[0]),)
    assert fit(case, other, target).files() == state.files()
    assert same_bits(apply(case, state, other), apply(case, state, inputs))


@every_fit
def test_rows_outside_the_fit_change_nothing(case: Case) -> None:
    inputs, target = inputs_of(case, ROWS, 8), target_of(case, ROWS, 8)
    inside = np.flatnonzero(np.arange(ROWS) % 3 != 0)
    changed = tuple(_changed(part, np.arange(ROWS) % 3 == 0) for part in inputs)
    part_target = type(target)(target.values[inside], target.classes)
    before = fit(case, at_rows(inputs, inside), part_target)
    assert fit(case, at_rows(changed, inside), part_target).files() == before.files()


def _changed(part: Any, outside: np.ndarray[Any, np.dtype[np.bool_]]) -> Any:
    """Every value outside becomes another one, a new level for text."""
    if isinstance(part, Sparse):
        return as_sparse(_changed(part.dense(), outside))
    if not isinstance(part, dict):
        return np.where(outside[:, np.newaxis], 123.0, part)
    found: dict[str, Any] = {}
    for name, column in part.items():
        if isinstance(column, Text):
            codes = np.where(outside, len(column.levels), column.codes).astype(np.int32)
            found[name] = Text(codes, (*column.levels, "a new level"))
        else:
            found[name] = np.where(outside, 123.0, column)
    return found


def all_digests() -> dict[str, str]:
    """The digest of the State of every case: asked of another process."""
    return {case.label: known(case).state.digest() for case in FITTED}


def test_another_process_fits_the_same_states() -> None:
    code = "from tests.conformance.test_operators import all_digests; print(all_digests())"
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(all_digests())
