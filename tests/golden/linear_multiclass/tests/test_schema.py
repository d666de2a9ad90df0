"""Every kind of wrong input has its answer."""

from __future__ import annotations

import pytest

import telco_churn
from telco_churn.schema import FIELDS
from test_predictions import ROWS

REQUIRED = [field.name for field in FIELDS if field.required]
NUMBERS = [field.name for field in FIELDS if field.physical == "number"]
OPTIONAL = [field.name for field in FIELDS if not field.required]


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in ROWS[0].items() if key != name}


@pytest.mark.skipif(not REQUIRED, reason="every column may be absent")
def test_required_columns_that_are_absent_are_all_named() -> None:
    with pytest.raises(telco_churn.BadInput) as caught:
        telco_churn.predict({"a column of no use": 1})
    assert [problem.field for problem in caught.value.problems] == REQUIRED[:100]


@pytest.mark.skipif(not OPTIONAL, reason="training had no missing values")
def test_a_column_that_may_be_absent_counts_as_missing() -> None:
    name = OPTIONAL[0]
    assert telco_churn.predict(without(name)).tolist() == telco_churn.predict(without(name) | {name: None}).tolist()


@pytest.mark.skipif(not NUMBERS, reason="there is no column of numbers")
def test_a_text_in_a_column_of_numbers_is_refused_with_row_and_field() -> None:
    with pytest.raises(telco_churn.BadInput) as caught:
        telco_churn.predict([ROWS[0], {**ROWS[1], NUMBERS[0]: "no number"}])
    assert [(problem.row, problem.field) for problem in caught.value.problems] == [(1, NUMBERS[0])]


@pytest.mark.skipif(not NUMBERS, reason="there is no column of numbers")
@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "", 10**400])
def test_a_number_that_is_missing_or_infinite_has_an_answer(value: object) -> None:
    assert len(telco_churn.predict({**ROWS[0], NUMBERS[0]: value})) == 1


CATEGORIES = [field.name for field in FIELDS if field.physical == "text"]


@pytest.mark.skipif(not CATEGORIES, reason="there is no column of texts")
def test_a_category_that_training_has_not_seen_has_an_answer() -> None:
    assert len(telco_churn.predict({**ROWS[0], CATEGORIES[0]: "not seen in training"})) == 1
