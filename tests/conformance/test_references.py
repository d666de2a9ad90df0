"""scikit-learn and LightGBM are the reference: equal bits for trees and encoders, within 1e-9 elsewhere."""

from __future__ import annotations

import importlib
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.feature_selection import SelectKBest, f_classif, f_regression, mutual_info_classif, mutual_info_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from automl.fitting.target import Target
from automl.runtime import scale as runtime_scale
from automl.runtime.columns import Columns, Matrix, Text
from automl.runtime.state import State

RNG = np.random.default_rng(3)
N = 300
LABELS = ("a", "b", "c", "d")
X = RNG.normal(size=(N, 4)) * [1.0, 50.0, 0.01, 3.0] + [0.0, 1000.0, 5.0, -3.0]
HOLES = np.where(RNG.random((N, 4)) < [0.0, 0.2, 0.3, 0.0], np.nan, X)
CODES = RNG.integers(-1, 4, (N, 2)).astype(np.int32)
TEXTS: Columns = {"u": Text(CODES[:, 0], LABELS), "v": Text(CODES[:, 1], LABELS)}
OBJECTS = np.array([[LABELS[c] if c >= 0 else None for c in row] for row in CODES], dtype=object)
BINARY = Target((X[:, 0] + 0.3 * CODES[:, 0] + RNG.normal(size=N) > 0).astype(np.int64), 2)
MULTI = Target(np.digitize(X[:, 0] + RNG.normal(size=N), [-0.8, 0.8]).astype(np.int64), 3)
VALUES = Target(X[:, 0] * 3 + CODES[:, 1] + RNG.normal(size=N), 0)
# Lopsided, whole numbers, large ones, and a lowest value that many rows have.
SKEWED = np.column_stack([np.exp(X[:, 0]), np.round(X[:, 3]), X[:, 1] ** 3 / 1e8, np.maximum(X[:, 0], 0.0)])
EVERY_TARGET = pytest.mark.parametrize("target", [BINARY, MULTI, VALUES], ids=["binary", "multiclass", "regression"])


def run(name: str, inputs: tuple[Any, ...], target: Target, **params: Any) -> tuple[State, Matrix]:
    state = importlib.import_module(f"automl.fitting.{name}").fit(inputs, target, params, 0)
    return state, importlib.import_module(f"automl.runtime.{name}").apply(state, *inputs)


def near(a: Matrix, b: Any) -> bool:
    return a.shape == np.shape(b) and np.allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("strategy", ["median", "mean"])
def test_impute(strategy: str) -> None:
    _, out = run("impute", (HOLES,), BINARY, strategy=strategy)
    assert near(out, SimpleImputer(strategy=strategy, add_indicator=True).fit_transform(HOLES))


def test_standardise() -> None:
    constant = np.column_stack([X, np.full(N, 0.1), np.full(N, 1e9)])
    _, out = run("standardise", (constant,), BINARY)
    assert near(out, StandardScaler().fit_transform(constant))
    assert np.abs(out[:, 4:]).max() < 1e-5  # and not blown up by a tiny scale


def ranks(output: str) -> Any:
    """Ties in training, values outside of it and between its quantiles: as scikit-learn answers them."""
    return make_pipeline(QuantileTransformer(n_quantiles=256, output_distribution=output), StandardScaler())


CURVES = {
    "standard": StandardScaler(),
    "robust": RobustScaler(),
    "clip": make_pipeline(
        FunctionTransformer(lambda x: np.clip(x, *np.quantile(SKEWED, (0.001, 0.999), axis=0))), StandardScaler()
    ),
    "log": make_pipeline(FunctionTransformer(lambda x: np.sign(x) * np.log1p(np.abs(x))), StandardScaler()),
    "power": PowerTransformer(),
    "quantile": ranks("normal"),
    "uniform": ranks("uniform"),
}


@pytest.mark.parametrize("method", CURVES)
def test_scale(method: str) -> None:
    """Also on values that training had not."""
    state, out = run("scale", (SKEWED,), BINARY, method=method)
    model = CURVES[method].fit(SKEWED)
    assert near(out, model.transform(SKEWED))
    other = np.vstack([SKEWED * 1.01 + 0.003, SKEWED * 3.0 - 5.0])
    assert near(runtime_scale.apply(state, other), model.transform(other))


def test_scale_with_weights() -> None:
    weights = RNG.integers(1, 4, N).astype(np.float64)
    state = importlib.import_module("automl.fitting.scale").fit(
        (SKEWED,), Target(VALUES.values, 0, weights), {"method": "standard"}, 0
    )
    assert near(runtime_scale.apply(state, SKEWED), StandardScaler().fit(SKEWED, None, weights).transform(SKEWED))


@EVERY_TARGET
@pytest.mark.parametrize("score", ["f", "mutual_information"])
def test_select_features(target: Target, score: str) -> None:
    features = np.column_stack([X[:, 1:], SKEWED])
    state, out = run("select_features", (features,), target, share=0.25, score=score)
    reference = {
        "f": f_classif if target.classes else f_regression,
        "mutual_information": mutual_info_classif if target.classes else mutual_info_regression,
    }[score]
    rule = (lambda x, y: reference(x, y, random_state=0)) if score == "mutual_information" else reference
    chosen = SelectKBest(rule, k=2).fit(features, target.values)
    assert np.array_equal(out, chosen.transform(features)) and 3 in state.arrays["kept"]


@pytest.mark.parametrize("min_count", [1, 62])
def test_one_hot(min_count: int) -> None:
    texts = {"u": TEXTS["u"], "v": Text(np.abs(CODES[:, 1]), LABELS)}  # v without missing values
    objects = np.column_stack([OBJECTS[:, 0], np.array(LABELS, dtype=object)[np.abs(CODES[:, 1])]])
    _, out = run("one_hot", (texts,), BINARY, min_count=min_count, unknown_category="other")
    if min_count == 1:
        expected = OneHotEncoder(sparse_output=False).fit_transform(objects)
        assert out.tobytes() == np.ascontiguousarray(expected).tobytes()
        return
    counts = np.bincount(CODES[CODES[:, 0] >= 0, 0], minlength=4)
    rare = [LABELS[i] for i in range(4) if counts[i] < min_count]
    assert 0 < len(rare) < 4
    common = [label for label in LABELS if label not in rare]
    first = [[float(v == label) for label in common] + [float(v in rare), float(v is None)] for v in OBJECTS[:, 0]]
    assert (out[:, : len(common) + 2] == np.array(first)).all()


def test_ordinal() -> None:
    _, out = run("ordinal", (TEXTS,), BINARY, unknown_category="other")
    expected = OrdinalEncoder().fit_transform(OBJECTS)  # missing is its last category
    assert np.array_equal(out, np.where(expected == len(LABELS), np.nan, expected), equal_nan=True)


@EVERY_TARGET
@pytest.mark.parametrize("smoothing", [0.0, 20.0])
def test_target_mean(target: Target, smoothing: float) -> None:
    kind = {0: "continuous", 2: "binary", 3: "multiclass"}[target.classes]
    reference = TargetEncoder(smooth=smoothing, target_type=kind).fit(OBJECTS, target.values)
    _, out = run("target_mean", (TEXTS,), target, smoothing=smoothing, unknown_category="other")
    assert near(out, reference.transform(OBJECTS))


@EVERY_TARGET
def test_constant(target: Target) -> None:
    _, out = run("constant", (TEXTS,), target)
    if target.classes:
        assert near(out, DummyClassifier(strategy="prior").fit(X, target.values).predict_proba(X))
    else:
        assert near(out[:, 0], DummyRegressor().fit(X, target.values).predict(X))


@pytest.mark.parametrize("target", [BINARY, MULTI], ids=["binary", "multiclass"])
@pytest.mark.parametrize("weight", ["none", "balanced"])
def test_logistic(target: Target, weight: str) -> None:
    x = StandardScaler().fit_transform(X)
    _, out = run("logistic", (x,), target, C=0.5, class_weight=weight)
    model = LogisticRegression(C=0.5, class_weight=None if weight == "none" else weight, max_iter=300)
    assert near(out, model.fit(x, target.values).predict_proba(x))


def test_ridge() -> None:
    _, out = run("ridge", (X,), VALUES, alpha=2.0)
    assert near(out[:, 0], Ridge(alpha=2.0, solver="cholesky").fit(X, VALUES.values).predict(X))


@EVERY_TARGET
def test_lightgbm_scores_as_its_own_package(target: Target) -> None:
    x = np.column_stack([HOLES, np.where(CODES[:, 0] < 0, np.nan, CODES[:, 0])])
    state, out = run("lightgbm", (x,), target, num_rounds=20, learning_rate=0.2, categorical=(4,))
    expected = lightgbm.Booster(model_str=state.text).predict(x)
    assert (out[:, 1] if target.classes == 2 else out).tobytes() == np.ascontiguousarray(expected).tobytes()


def test_lightgbm_trains_as_its_own_package() -> None:
    state, _ = run("lightgbm", (X,), BINARY, num_rounds=5, learning_rate=0.2, threads=1)
    options = {"objective": "binary", "learning_rate": 0.2, "verbosity": -1, "deterministic": True, "seed": 0}
    options |= {"force_row_wise": True, "feature_pre_filter": False, "num_threads": 1}
    names = [f"f{j}" for j in range(4)]
    booster = lightgbm.train(options, lightgbm.Dataset(X, BINARY.values, feature_name=names), num_boost_round=5)
    assert state.text is not None and booster.model_to_string().startswith(state.text)
