"""The families beside LightGBM and the linear ones: scikit-learn's bits for trees, within 1e-9 elsewhere."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from automl.fitting import forests
from automl.fitting.target import Target
from automl.runtime import trees
from automl.runtime.columns import Matrix
from automl.runtime.state import State

RNG = np.random.default_rng(11)
N = 240
X = RNG.normal(size=(N, 4))
HOLES = np.where(RNG.random((N, 4)) < [0.0, 0.2, 0.1, 0.0], np.nan, X * [1.0, 50.0, 0.01, 3.0])
NEW = np.where(RNG.random((90, 4)) < 0.2, np.nan, RNG.normal(size=(90, 4)) * [1.0, 50.0, 0.01, 3.0])
WEIGHTS = RNG.integers(1, 4, N).astype(np.float64)
BINARY = (X[:, 0] + 0.3 * X[:, 1] * X[:, 2] + RNG.normal(size=N) > 0).astype(np.int64)
MULTI = np.digitize(X[:, 0] + RNG.normal(size=N), [-0.8, 0.8]).astype(np.int64)
VALUES = np.exp(X[:, 0] + RNG.normal(size=N))
TARGETS = {
    "binary": Target(BINARY, 2, WEIGHTS),
    "multiclass": Target(MULTI, 3, WEIGHTS),
    "regression": Target(VALUES, 0),
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in a worker; waiting for each other takes threads longer than these small fits."""
    with threadpool_limits(1):
        yield


EVERY_TARGET = pytest.mark.parametrize("task", TARGETS)
FORESTS = {
    "random_forest": (RandomForestClassifier, RandomForestRegressor),
    "extra_trees": (ExtraTreesClassifier, ExtraTreesRegressor),
}
FOREST = {"n_estimators": 20, "max_features": 0.6, "min_samples_leaf": 2}
BOOSTING = {
    "learning_rate": 0.2,
    "max_leaf_nodes": 9,
    "min_samples_leaf": 5,
    "l2_regularization": 0.1,
    "max_features": 0.7,
}


def run(name: str, x: Matrix, target: Target, new: Matrix, **params: Any) -> tuple[State, Matrix]:
    state = importlib.import_module(f"automl.fitting.{name}").fit((x,), target, params, 5)
    return state, importlib.import_module(f"automl.runtime.{name}").apply(state, new)


def predicted(model: Any, new: Matrix) -> Matrix:
    out = model.predict_proba(new) if hasattr(model, "predict_proba") else model.predict(new)[:, np.newaxis]
    return np.asarray(out, dtype=np.float64)


def near(a: Matrix, b: Matrix, within: float = 1e-9) -> bool:
    return a.shape == b.shape and np.allclose(a, b, rtol=within, atol=within)


@EVERY_TARGET
@pytest.mark.parametrize("name", FORESTS)
def test_forests(name: str, task: str) -> None:
    target = TARGETS[task]
    model = FORESTS[name][0 if target.classes else 1](**FOREST, random_state=5)
    _, out = run(name, HOLES, target, NEW, **FOREST, class_weight="none")
    expected = predicted(model.fit(HOLES, target.values, sample_weight=target.weights), NEW)
    assert out[:, -1].tobytes() == np.ascontiguousarray(expected[:, -1]).tobytes()
    assert near(out, expected)


@EVERY_TARGET
def test_hist_gradient_boosting(task: str) -> None:
    target = TARGETS[task]
    kind = HistGradientBoostingClassifier if target.classes else HistGradientBoostingRegressor
    model = kind(**BOOSTING, max_iter=15, early_stopping=False, categorical_features=None, random_state=5)
    model.fit(HOLES, target.values, sample_weight=target.weights)
    state, out = run("hist_gradient_boosting", HOLES, target, NEW, **BOOSTING, num_rounds=15)
    raw = model._raw_predict(NEW) if target.classes else model.predict(NEW)[:, np.newaxis]
    sums = trees.tree_sums(trees.forest_of(state), NEW, groups=raw.shape[1]) + state.arrays["start"]
    assert near(sums, raw, 1e-13) and near(out, predicted(model, NEW))
    along = list(importlib.import_module("automl.runtime.hist_gradient_boosting").apply_along(state, NEW, [4, 9, 15]))
    _, shorter = run("hist_gradient_boosting", HOLES, target, NEW, **BOOSTING, num_rounds=9)
    assert near(along[1], shorter, 1e-12) and near(along[2], out, 1e-12)


@pytest.mark.parametrize("objective", ["absolute", "quantile", "poisson", "gamma", "mape"])
def test_hist_gradient_boosting_by_objective(objective: str) -> None:
    params = {**BOOSTING, "num_rounds": 8, "objective": objective, "level": 0.8}
    _, out = run("hist_gradient_boosting", HOLES, TARGETS["regression"], NEW, **params)
    loss = {"absolute": "absolute_error", "mape": "absolute_error"}.get(objective, objective)
    model = HistGradientBoostingRegressor(
        **BOOSTING, loss=loss, quantile=0.8, max_iter=8, early_stopping=False, categorical_features=None, random_state=5
    )
    weights = 1.0 / VALUES if objective == "mape" else None
    assert near(out, predicted(model.fit(HOLES, VALUES, sample_weight=weights), NEW))
    zero = Target(np.where(VALUES > 1, VALUES, -1.0), 0)  # what gamma and poisson cannot take: squares instead
    assert np.isfinite(run("hist_gradient_boosting", HOLES, zero, NEW, **params)[1]).all()


@EVERY_TARGET
def test_mlp(task: str) -> None:
    target = TARGETS[task]
    params = {"width": 12, "layers": 2, "epochs": 3, "learning_rate": 0.01, "alpha": 0.01}
    state, out = run("mlp", X, target, X, **params)
    model = (MLPClassifier if target.classes else MLPRegressor)(
        hidden_layer_sizes=(12, 12), alpha=0.01, learning_rate_init=0.01, batch_size=16, max_iter=40, tol=0,
        random_state=5, n_iter_no_change=10**6,
    )  # fmt: skip
    mean, scale = (0.0, 1.0) if target.classes else (VALUES.mean(), VALUES.std())
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(X, target.values if target.classes else (VALUES - mean) / scale, sample_weight=target.weights)
    expected = predicted(model, X)
    assert near(out, expected if target.classes else expected * scale + mean) and state.values["layers"] == 3


@EVERY_TARGET
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_knn(task: str, weights: str) -> None:
    plain = Target(TARGETS[task].values, TARGETS[task].classes)
    model = (KNeighborsClassifier if plain.classes else KNeighborsRegressor)(7, weights=weights, algorithm="brute")
    new = np.vstack([RNG.normal(size=(40, 4)), X[:3]])  # the last ones are training rows themselves
    _, out = run("knn", X, plain, new, k=7, weights=weights)
    assert near(out, predicted(model.fit(X, plain.values), new))


def test_a_weight_of_two_is_the_row_twice_for_neighbours() -> None:
    twice = np.repeat(np.arange(N), 2)
    _, out = run("knn", X, Target(BINARY, 2, np.full(N, 2.0)), NEW[~np.isnan(NEW).any(axis=1)], k=4, weights="distance")
    _, same = run("knn", X[twice], Target(BINARY[twice], 2), NEW[~np.isnan(NEW).any(axis=1)], k=8, weights="distance")
    assert near(out, same)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_naive_bayes(task: str) -> None:
    target = TARGETS[task]
    _, out = run("naive_bayes", X, target, X, var_smoothing=1e-3)
    assert near(out, predicted(GaussianNB(var_smoothing=1e-3).fit(X, target.values, sample_weight=target.weights), X))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_elastic_net_of_classes_ends_where_saga_does(task: str) -> None:
    target = Target(TARGETS[task].values, TARGETS[task].classes)
    _, out = run("elastic_net", X, target, X, alpha=0.02, l1_ratio=0.6, class_weight="none")
    model = LogisticRegression(C=1 / (0.02 * N), l1_ratio=0.6, solver="saga", tol=1e-9, max_iter=20_000, random_state=0)
    assert near(out, predicted(model.fit(X, target.values), X), 1e-4)


def test_elastic_net_of_quantities() -> None:
    target = Target(VALUES, 0, WEIGHTS)
    _, out = run("elastic_net", X, target, X, alpha=0.05, l1_ratio=0.4)
    model = ElasticNet(alpha=0.05, l1_ratio=0.4).fit(X, VALUES / VALUES.std(), sample_weight=WEIGHTS)
    assert near(out, predicted(model, X) * VALUES.std())


def test_few_rows_and_many_rows_are_added_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    state, _ = run("extra_trees", HOLES, TARGETS["regression"], NEW, **FOREST)
    found = []
    for few in (0, 1000):
        monkeypatch.setattr(trees, "FEW_ROWS", few)
        found.append(trees.tree_sums(trees.forest_of(state), NEW).tobytes())
    assert found[0] == found[1]


def test_a_large_table_gives_small_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forests, "SAMPLE", 100)
    monkeypatch.setattr(forests, "STORED_BYTES", 20 * 10 * 32)
    state, _ = run("extra_trees", HOLES, TARGETS["regression"], NEW, **FOREST)
    assert len(state.arrays["value"]) <= 20 * 10
    assert sum(array.nbytes for array in state.arrays.values()) <= 20 * 10 * 32


def test_huge_numbers_fall_where_large_ones_do() -> None:
    state, _ = run("random_forest", X, TARGETS["binary"], X, **FOREST)
    from automl.runtime.random_forest import apply

    assert apply(state, np.full((1, 4), 1e300)).tobytes() == apply(state, np.full((1, 4), 1e30)).tobytes()


MONOTONE: dict[str, dict[str, Any]] = {
    "lightgbm": {"num_rounds": 30, "learning_rate": 0.2, "min_data_in_leaf": 5},
    "hist_gradient_boosting": {**BOOSTING, "num_rounds": 30},
    "random_forest": FOREST,
    "extra_trees": FOREST,
}


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("name", MONOTONE)
def test_predictions_are_monotone(name: str, task: str) -> None:
    rows = np.repeat(NEW[:30], 40, axis=0)
    rows[:, 0] = np.tile(np.linspace(-3, 3, 40), 30)
    target = Target(TARGETS[task].values, TARGETS[task].classes)

    def steps(**constraint: Any) -> Any:
        out = run(name, HOLES, target, rows, **MONOTONE[name], **constraint)[1][:, -1]
        return np.diff(out.reshape(30, 40), axis=1)

    assert (steps() < -1e-12).any()
    assert (steps(increasing=(0,)) >= -1e-12).all() and (steps(increasing=(0,)) > 0).any()
    assert (steps(decreasing=(0,), increasing=(1,)) <= 1e-12).all()
