"""What a row counts for in a fit: its own weight and its class's balance, as scikit-learn has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from automl.fitting import constant, lightgbm, logistic, ridge, standardise, target_mean
from automl.fitting.target import Target
from automl.fitting.weights import row_weights
from automl.runtime.columns import Text

CODES = np.array([0, 0, 0, 2, 0, 2])


def test_balanced_is_scikit_learn_s_formula() -> None:
    found = row_weights(Target(CODES, 3), "balanced")
    assert found is not None
    np.testing.assert_allclose(found, compute_sample_weight("balanced", CODES))


def test_a_weight_of_two_is_the_row_twice() -> None:
    own = np.array([1.0, 2.0, 1.0, 3.0, 1.0, 1.0])
    repeated = row_weights(Target(np.repeat(CODES, own.astype(int)), 3), "balanced")
    found = row_weights(Target(CODES, 3, own), "balanced")
    assert found is not None and repeated is not None
    np.testing.assert_allclose(found / own, [repeated[0], *[repeated[0]] * 2, repeated[-1], repeated[0], repeated[-1]])


def test_nothing_to_weigh() -> None:
    assert row_weights(Target(CODES, 3), "none") is None and row_weights(Target(CODES, 3), None) is None
    assert row_weights(Target(CODES.astype(np.float64), 0), "balanced") is None
    own = np.arange(6.0) + 1
    same = row_weights(Target(CODES, 3, own), "none")
    assert same is not None and same.tolist() == own.tolist()
    with pytest.raises(ValueError, match="class_weight is 'heavy'"):
        row_weights(Target(CODES, 3), "heavy")


DICE = np.random.default_rng(3)
X, Y = DICE.normal(size=(60, 2)), DICE.integers(0, 3, 60)
COUNTS = DICE.integers(1, 4, 60)
LEVELS = Text(DICE.integers(0, 4, 60).astype(np.int32), ("a", "b", "c", "d"))
FITS: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "constant": (constant, {}, True),
    "constant of values": (constant, {}, False),
    "logistic": (logistic, {"C": 0.5, "class_weight": "balanced"}, True),
    "ridge": (ridge, {"alpha": 3.0}, False),
    "standardise": (standardise, {}, False),
    "target_mean": (target_mean, {"smoothing": 4.0, "unknown_category": "other"}, True),
    "lightgbm": (lightgbm, {"num_rounds": 3, "min_data_in_leaf": 1}, True),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_takes_a_row_of_weight_two_as_two_rows(name: str) -> None:
    module, params, classes = FITS[name]
    values, again = (
        (Y, np.repeat(np.arange(60), COUNTS)) if classes else (X[:, 0] * 2 + Y, np.repeat(range(60), COUNTS))
    )

    def fitted(rows: Any, weights: Any) -> Any:
        inputs = {"c": Text(LEVELS.codes[rows], LEVELS.levels)} if name == "target_mean" else X[rows]
        return module.fit((inputs,), Target(values[rows], 3 if classes else 0, weights), params, 0)

    every = np.arange(60)
    found, plain = fitted(every, COUNTS.astype(np.float64)), fitted(every, None)
    assert found.files() != plain.files()
    for key, array in fitted(again, None).arrays.items():
        np.testing.assert_allclose(found.arrays[key], array, rtol=2e-3, atol=2e-3)
