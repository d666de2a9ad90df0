"""The predictions for synthetic rows are those of the trainer, to the last bit, one by one and all at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import telco_churn
from telco_churn.door import columns_of
from telco_churn.model import load
from telco_churn.schema import FIELDS

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
ROWS = GOLDEN["rows"]
OUTPUTS = np.array([[float.fromhex(value) for value in line] for line in GOLDEN["outputs"]])


def bits(values: object) -> bytes:
    return np.ascontiguousarray(values, dtype=np.float64).tobytes()


def test_a_batch_gives_the_golden_bits() -> None:
    assert bits(load().evaluate(columns_of(ROWS))) == bits(OUTPUTS)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_one_row_gives_the_bits_of_the_batch(row: int) -> None:
    assert bits(load().evaluate(columns_of(ROWS[row]))) == bits(OUTPUTS[row : row + 1])


def test_neither_order_nor_further_columns_matter() -> None:
    turned = [dict(sorted({**row, "a column of no use": 1}.items(), reverse=True)) for row in ROWS[::-1]]
    assert bits(load().evaluate(columns_of(turned))) == bits(OUTPUTS[::-1])


def test_a_mapping_of_arrays_is_read_as_rows_are() -> None:
    table = {field.name: np.array([row[field.name] for row in ROWS], dtype=object) for field in FIELDS}
    assert bits(load().evaluate(columns_of(table))) == bits(OUTPUTS)


def test_no_rows_give_no_predictions() -> None:
    assert len(telco_churn.predict([])) == 0


def test_labels_are_those_of_the_probabilities() -> None:
    assert telco_churn.predict(ROWS).tolist() == load().labels(OUTPUTS).tolist()
    assert np.allclose(telco_churn.predict_proba(ROWS).sum(axis=1), 1.0, rtol=0, atol=1e-9)
