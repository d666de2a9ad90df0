"""What a row counts for in a fit: its own weight and its class's balance, as scikit-learn has it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from automl.fitting.target import Target
from automl.fitting.weights import row_weights

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
