"""Weights and test files: which rows count, and what is wrong with them, in words that name column, file and row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as arrow
import pytest

from automl.data.dataset import make_dataset
from automl.data.load import Loaded, describe
from automl.data.read import RawTable
from automl.data.settings import DataSettings
from automl.errors import AutomlError
from automl.rows import RowContext
from automl.runtime.columns import Text
from automl.spec.model import FormatSpec

W = DataSettings(target="y", weight="w")


def raw(name: str = "train.csv", **columns: list[str | None]) -> RawTable:
    return RawTable(arrow.table(columns), FormatSpec(), (Path(name),))


def loaded(settings: DataSettings, train: RawTable, test: RawTable | None = None) -> Loaded:
    return describe(train, settings, test)


def refused(settings: DataSettings, train: RawTable, test: RawTable | None = None) -> list[str]:
    with pytest.raises(AutomlError) as told:
        loaded(settings, train, test)
    return [f"{d.code} {d.message}" for d in told.value.diagnostics]


def test_a_row_of_weight_0_does_not_count() -> None:
    """Nor does what stands in it: it is as if it had no target."""
    found = loaded(W, raw(x=["1", "2", "9", "4"], y=["a", "b", "c", "a"], w=["1", "2.5", "0", "3"]))
    assert [c.label for c in found.schema.classes] == ["a", "b"]
    assert (found.schema.rows, found.schema.rows_without_weight, found.schema.column("x").distinct) == (3, 1, 3)
    assert found.schema.column("w").role == "weight" and [f.code for f in found.findings] == ["DATA053"]
    data = make_dataset(found.table, found.schema, "binary", ("a", "b"))
    assert data.weights is not None and list(data.weights) == [1.0, 2.5, 3.0]
    assert set(data.columns) == {"x"} and list(data.file_rows) == [0, 1, 3]


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        (["1", "-1", "-2", "1"], ["DATA050 weights in 'w' are negative in rows 2, 3"]),
        (["1", "", "1", "1"], ["DATA051 weights in 'w' are missing in row 2"]),
        (["-1", "", "1", "1"], ["DATA050 weights in 'w' are negative in row 1", "DATA051 weights in 'w' are missing"]),
        (["0", "0", "0", "5"], ["DATA052 all weights in 'w' are 0, so that no row counts"]),
        (["much", "a bit", "1", "none"], ["DATA024"]),
    ],
)
def test_wrong_weights(weights: list[str | None], says: list[str]) -> None:
    table = raw(x=["1", "2", "3", "4"], y=["a", "b", "a", None], w=weights)  # the last row has no target
    found = refused(W, table)
    assert [text[: len(start)] for text, start in zip(found, says, strict=True)] == says


Y = DataSettings(target="y", id=("who",), ignore=("junk",))
TRAIN = raw(who=["1", "2", "3"], x=["1.5", "2", ""], c=["red", "blue", "red"], y=["a", "b", "a"], junk=["u", "v", "w"])


def test_a_test_file_is_read_as_the_training_file_was() -> None:
    test = raw("test.csv", c=["green", "red"], y=["b", None], x=["7", "8"], who=["007", "8"], more=["?", "?"])
    found = loaded(Y, TRAIN, test)
    plain = loaded(Y, TRAIN).schema
    assert found.schema.model_copy(update={"test": None}) == plain, "nothing is inferred from a test file"
    assert found.schema.test is not None and (found.schema.test.rows, found.schema.test.rows_without_target) == (1, 1)
    data = make_dataset(found.table, found.schema, "binary", ("a", "b"), found.test)
    assert list(data.file_rows) == [0, 1, 2, 3] and list(data.target) == [0, 1, 0, 1]
    colours, who = data.columns["c"], data.ids["who"]
    assert isinstance(colours, Text) and isinstance(who, Text)
    assert colours.levels[colours.codes[3]] == "green" and who.levels[who.codes[3]] == "007"
    assert plain.data_digest != found.schema.data_digest


def test_another_test_file_is_other_data() -> None:
    one, other = (
        loaded(Y, TRAIN, raw("t.csv", who=["1"], x=[x], c=["red"], y=["a"])).schema.data_digest for x in ("1", "2")
    )
    assert one != other


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"who": ["1"], "x": ["1"], "c": ["red"]}, "DATA054 the test file has no column 'y'"),
        ({"who": ["1"], "y": ["a"], "c": ["red"]}, "DATA054 the test file has no column 'x'"),
        ({"who": ["1"], "x": ["1"], "y": [""], "c": ["red"]}, "DATA056 no row of the test file has a value"),
        (
            {"who": ["1", "2"], "x": ["1", "ten"], "y": ["a", "b"], "c": ["red", "red"]},
            "DATA055 column 'x' of the test file cannot be read as number, as in training: row 2: 'ten'",
        ),
    ],
)
def test_wrong_test_files(columns: dict[str, list[str | None]], says: str) -> None:
    with pytest.raises(AutomlError) as told:
        loaded(Y, TRAIN, raw("test.csv", **columns))
    (found,) = told.value.diagnostics
    assert f"{found.code} {found.message}".startswith(says) and found.file == "test.csv"


def test_weights_of_a_test_file_are_checked_too() -> None:
    train = raw(x=["1", "2"], y=["a", "b"], w=["1", "1"])
    assert refused(W, train, raw("t.csv", x=["1"], y=["a"], w=["-1"]))[0].startswith("DATA050")


def test_folds_are_numbered_by_their_values() -> None:
    settings = DataSettings(target="y", fold="f")
    found = loaded(settings, raw(x=["1", "2", "3", "4"], y=["1.5", "2", "3", "4"], f=["10", "9", "", "10"]))
    context: RowContext = make_dataset(found.table, found.schema, "regression").context
    assert context.folds is not None and np.array_equal(context.folds, [1, 0, -1, 1])
    assert found.schema.column("f").role == "fold"


@pytest.mark.parametrize("weight", ["1e308", "1e-320"])
def test_weights_that_cannot_be_summed_are_refused(weight: str) -> None:
    (told,) = refused(W, raw(x=["1", "2", "3"], y=["a", "b", "a"], w=["1", weight, "0"]))
    assert told.startswith("DATA057") and "row 2" in told
