"""Recipes of winners, refitted by scikit-learn and LightGBM without any step of ours: equal within 1e-9."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

from automl.fit import Engine, recipe_of
from automl.fitting.lightgbm import FIXED
from automl.params import ParamValue
from automl.planning import Planned, make_plan
from automl.rows import ALL, Rows
from automl.tasks import Fit, lower

Array = npt.NDArray[Any]
SPECS = Path(__file__).parents[1] / "specs"
ROWS = 3000


def plan_of(name: str, folder: Path) -> tuple[Planned, dict[str, list[str]]]:
    """A shipped spec over the first rows of its table, and those rows as texts, read by the standard library alone."""
    spec = (SPECS / f"{name}.yaml").read_text()
    (source,) = (SPECS / "data").glob(f"{name}*.csv.gz")
    with gzip.open(source, "rt", newline="") as file:
        rows = [row for row, _ in zip(csv.reader(file), range(ROWS + 1), strict=False)]
    (folder / "data").mkdir()
    with gzip.open(folder / "data" / source.name, "wt", newline="") as file:
        csv.writer(file).writerows(rows)
    (folder / f"{name}.yaml").write_text(spec)
    return make_plan(folder / f"{name}.yaml"), {head: list(column) for head, *column in zip(*rows, strict=True)}


def ours(planned: Planned, candidate_id: str, params: Mapping[str, ParamValue]) -> tuple[Array, dict[str, Any]]:
    """The prediction of our final fit on all rows, and the parameters and seed of its estimator."""
    candidate = planned.plan.candidate(candidate_id)
    lowering = lower(recipe_of(planned.plan, candidate, params), ALL, None)
    with threadpool_limits(1):
        found = Engine(planned.dataset).result(candidate.graph, lowering, lowering.output)
    last = lowering.task(lowering.fits[candidate.graph.output.id])
    assert isinstance(last, Fit)
    return np.asarray(found), {**last.params, "seed": last.seed}


def numbers(table: Mapping[str, list[str]], planned: Planned, candidate: str, node: str = "numbers") -> Array:
    columns = planned.plan.candidate(candidate).graph.node(node).columns
    return np.array([[float(text) for text in table[name]] for name in columns]).T


def texts(table: Mapping[str, list[str]], planned: Planned, candidate: str, node: str) -> Array:
    columns = planned.plan.candidate(candidate).graph.node(node).columns
    return np.array([table[name] for name in columns], dtype=object).T


def boosted(matrix: Array, target: Array, params: Mapping[str, Any], objective: Mapping[str, Any]) -> Array:
    """LightGBM's own training and prediction."""
    rounds, categorical, threads = params["num_rounds"], list(params["categorical"]), params["threads"]
    options = {k: v for k, v in params.items() if k not in ("num_rounds", "categorical", "threads")}
    options |= {**FIXED, **objective, "num_threads": threads}
    data = lightgbm.Dataset(matrix, target, categorical_feature=categorical, params=options)
    return np.asarray(lightgbm.train(options, data, rounds).predict(matrix, num_threads=1))


def close(a: Array, b: Array) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_logistic_regression_of_bank(tmp_path: Path) -> None:
    """Features in our order: L-BFGS stops within a tolerance, at a point that depends on the order of the columns."""
    planned, table = plan_of("bank", tmp_path)
    params = {**planned.plan.candidate("linear").defaults, "levels.min_count": 1}
    prediction, _ = ours(planned, "linear", params)
    scaled = StandardScaler().fit_transform(numbers(table, planned, "linear"))
    names = planned.plan.candidate("linear").graph.node("levels").columns
    parts = []
    for name in names:
        column = table[name]
        codes = [float(text) for text in column] if all(t.lstrip("-").isdigit() for t in column) else column
        parts.append(OneHotEncoder(sparse_output=False).fit_transform(np.array(codes, dtype=object)[:, np.newaxis]))
    matrix = np.ascontiguousarray(np.hstack([scaled, *parts]))
    with threadpool_limits(1):
        model = LogisticRegression(C=1.0, max_iter=300).fit(matrix, (np.array(table["deposit"]) == "yes").astype(int))
        close(prediction, model.predict_proba(matrix))


def test_boosting_on_target_means_of_bank(tmp_path: Path) -> None:
    """Cross-fitting included: TargetEncoder encodes each inner fold's rows, fitted on the others."""
    planned, table = plan_of("bank", tmp_path)
    plan, candidate = planned.plan, planned.plan.candidate("lightgbm_means")
    params = {**candidate.defaults, "means.smoothing": 12.5}
    codes = texts(table, planned, "lightgbm_means", "codes")
    categories = texts(table, planned, "lightgbm_means", "means")
    target = (np.array(table["deposit"]) == "yes").astype(int)
    ordinal = OrdinalEncoder().fit_transform(codes)
    figures = numbers(table, planned, "lightgbm_means")
    training = np.empty(categories.shape)
    rows = Rows(planned.dataset.context)
    for fold in range(plan.rows.inner.folds or 0):
        seen, coded = (rows.resolve(ALL.part(plan.rows.inner, fold, side)) for side in ("in", "out"))
        encoder = TargetEncoder(smooth=12.5, target_type="binary").fit(categories[seen], target[seen])
        training[coded] = encoder.transform(categories[coded])
    serving = TargetEncoder(smooth=12.5, target_type="binary").fit(categories, target).transform(categories)
    prediction, last = ours(planned, "lightgbm_means", params)
    options = {k: v for k, v in last.items() if k not in ("num_rounds", "categorical", "threads")}
    options |= {**FIXED, "objective": "binary", "num_threads": 1}
    data = lightgbm.Dataset(
        np.hstack([ordinal, training, figures]), target, categorical_feature=list(last["categorical"]), params=options
    )
    booster = lightgbm.train(options, data, last["num_rounds"])
    close(prediction[:, 1], np.asarray(booster.predict(np.hstack([ordinal, serving, figures]))))


def test_ridge_and_boosting_of_bike(tmp_path: Path) -> None:
    planned, table = plan_of("bike", tmp_path)
    target = np.array([float(text) for text in table["cnt"]])
    days = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in table["dteday"]]
    parts = np.array(
        [(d.year, d.month, d.day, d.weekday(), d.hour, d.timetuple().tm_yday, d.timestamp() / 86400) for d in days]
    )
    circles = [(parts[:, 1] - 1, 12), (parts[:, 3], 7), (parts[:, 4], 24), (parts[:, 5] - 1, 366)]
    angles = [2 * np.pi * at / length for at, length in circles]
    cycles = np.column_stack([f(each) for each in angles for f in (np.sin, np.cos)])
    prediction, last = ours(planned, "lightgbm", planned.plan.candidate("lightgbm").defaults)
    matrix = np.hstack([numbers(table, planned, "lightgbm"), parts])
    close(prediction[:, 0], boosted(matrix, target, last, {"objective": "regression"}))
    params = {**planned.plan.candidate("linear").defaults, "levels.min_count": 1, "ridge.alpha": 3.0}
    prediction, _ = ours(planned, "linear", params)
    levels = texts(table, planned, "linear", "levels").astype(float)
    matrix = np.hstack(
        [
            StandardScaler().fit_transform(SimpleImputer().fit_transform(numbers(table, planned, "linear"))),
            StandardScaler().fit_transform(np.hstack([parts, cycles])),
            OneHotEncoder(sparse_output=False).fit_transform(levels),
        ]
    )
    close(prediction[:, 0], Ridge(alpha=3.0).fit(matrix, target).predict(matrix))


@pytest.mark.parametrize("candidate", ["lightgbm", "linear"])
def test_multiclass_of_car(tmp_path: Path, candidate: str) -> None:
    planned, table = plan_of("car", tmp_path)
    target = np.searchsorted(sorted(set(table["class"])), table["class"])
    params = {
        **planned.plan.candidate(candidate).defaults,
        **({"levels.min_count": 1} if candidate == "linear" else {}),
    }
    prediction, last = ours(planned, candidate, params)
    if candidate == "lightgbm":
        codes = OrdinalEncoder().fit_transform(texts(table, planned, candidate, "codes"))
        close(prediction, boosted(codes, target, last, {"objective": "multiclass", "num_class": 4}))
        return
    encoded = OneHotEncoder(sparse_output=False).fit_transform(texts(table, planned, candidate, "levels"))
    with threadpool_limits(1):
        model = LogisticRegression(C=1.0, max_iter=300).fit(np.ascontiguousarray(encoded), target)
        close(prediction, model.predict_proba(np.ascontiguousarray(encoded)))
