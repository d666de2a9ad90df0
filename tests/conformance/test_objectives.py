"""What a regression optimises follows its metric; what a classifier weighs follows its class weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from automl.catalog.metrics import METRICS, at_level
from automl.compiler.candidates.pipeline import objective_of
from automl.fitting import constant, lightgbm
from automl.fitting.target import Target
from automl.fitting.weights import row_weights
from automl.measure import measure
from automl.runtime import constant as constant_runtime
from automl.runtime import lightgbm as lightgbm_runtime

ROWS = 400
RNG = np.random.default_rng(3)
X = RNG.normal(size=(ROWS, 3))
SKEWED = RNG.gamma(0.7, np.exp(0.6 * X[:, 0])) + 0.02
TREES: dict[str, Any] = {"num_rounds": 30, "learning_rate": 0.15, "num_leaves": 8, "min_data_in_leaf": 10}
NAMES = ("rmse", "mae", "mape", "poisson_deviance", "gamma_deviance")
METRIC_OF = {METRICS[name].objective: METRICS[name] for name in NAMES}
METRIC_OF["quantile"] = at_level(METRICS["pinball"], 0.9)
OBJECTIVES = sorted(set(METRIC_OF))


def trees(objective: dict[str, Any], weights: Any = None) -> Any:
    return lightgbm.fit((X,), Target(SKEWED, 0, weights), {**TREES, **objective}, 1)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_trees_of_an_objective_are_better_by_its_metric(objective: str) -> None:
    metric = METRIC_OF[objective]
    state = trees(dict(objective_of(metric)))
    own = lightgbm_runtime.apply(state, X)
    assert f"\nobjective={lightgbm.OBJECTIVES[objective]}" in str(state.text)
    assert measure(metric, own, SKEWED, 0) < measure(metric, np.full((ROWS, 1), np.median(SKEWED)), SKEWED, 0)
    if objective not in ("squared", "poisson"):  # those two are close
        plain = lightgbm_runtime.apply(trees({}), X)
        assert measure(metric, own, SKEWED, 0) < measure(metric, plain, SKEWED, 0)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_path_ends_where_the_model_does(objective: str) -> None:
    state = trees(dict(objective_of(METRIC_OF[objective])))
    steps = (1, 10, 30)
    for rounds, along in zip(steps, lightgbm_runtime.apply_along(state, X, steps), strict=True):
        np.testing.assert_allclose(along, lightgbm_runtime.apply_at(state, X, rounds), rtol=1e-12)
    assert (lightgbm_runtime.apply(state, X) > 0).all() or objective not in ("poisson", "gamma")


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_other_constant_is_better(objective: str, weighted: bool) -> None:
    metric = METRIC_OF[objective]
    weights = RNG.integers(1, 5, ROWS).astype(np.float64) if weighted else None
    state = constant.fit(({"c": np.zeros(ROWS)},), Target(SKEWED, 0, weights), objective_of(metric), 0)
    best = constant_runtime.apply(state, {"c": np.zeros(ROWS)})

    def score(prediction: Any) -> float:
        return measure(metric, prediction, SKEWED, 0, weights)

    others = [best * factor for factor in (0.9, 0.98, 1.02, 1.1)]
    assert all(score(best) <= score(other) for other in others)
    if weighted:
        twice = np.repeat(SKEWED, np.asarray(weights, dtype=int))
        repeated = constant.fit(({"c": np.zeros(len(twice))},), Target(twice, 0), objective_of(metric), 0)
        np.testing.assert_allclose(repeated.arrays["output"], state.arrays["output"], rtol=1e-12)


def test_constant_shares_count_weights() -> None:
    target = Target(np.array([0, 1, 1, 2]), 3, np.array([4.0, 1.0, 1.0, 2.0]))
    found = constant.fit(({},), target, {}, 0).arrays["output"]
    assert found.tolist() == [0.5, 0.25, 0.25]


@pytest.mark.parametrize("classes", [2, 3])
def test_balanced_trees_are_those_of_balanced_weights(classes: int) -> None:
    codes = (RNG.random(ROWS) < 0.12).astype(np.int64) * (1 + np.arange(ROWS) % (classes - 1))
    own = RNG.uniform(0.5, 2.0, ROWS)
    params = {"num_rounds": 5, "num_leaves": 4}
    balanced = lightgbm.fit((X,), Target(codes, classes, own), {**params, "class_weight": "balanced"}, 1)
    by_hand = Target(codes, classes, row_weights(Target(codes, classes, own), "balanced"))
    plain = lightgbm.fit((X,), Target(codes, classes, own), {**params, "class_weight": "none"}, 1)
    assert balanced.text == lightgbm.fit((X,), by_hand, params, 1).text != plain.text
    shares = [lightgbm_runtime.apply(state, X)[:, 0].mean() for state in (balanced, plain)]
    assert shares[0] < shares[1] - 0.2  # the common class is less probable


def test_quantiles_by_hand() -> None:
    values = np.array([4.0, 1.0, 3.0, 2.0])
    assert [constant.quantile(values, None, level) for level in (0.01, 0.25, 0.5, 0.51, 0.99)] == [1, 1, 2, 3, 4]
    assert constant.quantile(values, np.array([1.0, 1.0, 1.0, 5.0]), 0.5) == 2
    assert constant.quantile(values, np.array([9.0, 1.0, 1.0, 1.0]), 0.5) == 4


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_one_row_is_the_batch(objective: str) -> None:
    state = trees(dict(objective_of(METRIC_OF[objective])))
    batch = lightgbm_runtime.apply(state, X[:20])
    alone = np.concatenate([lightgbm_runtime.apply(state, X[i : i + 1]) for i in range(20)])
    assert batch.tobytes() == alone.tobytes()
