"""Fits `runtime.select_features`: the features that say most about the target, each judged alone."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.feature_selection import f_classif, f_regression, mutual_info_classif, mutual_info_regression

from automl.runtime.columns import Floats
from automl.runtime.state import State

from .target import Target

INFORMATION_ROWS = 5_000  # rows that mutual information is estimated on, at most: it costs their square


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs: one matrix; missing values count as the mean of their feature.

    Params: share: how much of the features is kept, one at least; score: "f" (scikit-learn's f_classif, f_regression),
    "mutual_information" (mutual_info_classif, mutual_info_regression: A. Kraskov et al., Physical Review E 69, 2004),
    or "variance". Of equal scores the earlier feature is kept. Weights of rows change nothing: scikit-learn's scores
    know none.
    """
    (x,) = inputs
    score = params["score"]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # constant features: their score is 0
        scores = np.nan_to_num(_scores(score, _filled(x), target, seed), nan=0.0)
    count = max(1, math.ceil(params["share"] * x.shape[1]))
    return State(arrays={"kept": np.sort(np.argsort(-scores, kind="stable")[:count]).astype(np.int64)})


def _filled(x: Floats) -> Floats:
    """Without missing values; without values whose squares are infinite."""
    within = np.clip(x, -1e100, 1e100)
    missing = np.isnan(within)
    means = np.where(missing, 0.0, within).sum(axis=0) / np.maximum((~missing).sum(axis=0), 1)
    return np.where(missing, means, within)


def _scores(score: str, x: Floats, target: Target, seed: int) -> Floats:
    """Shape (features,): higher is better."""
    y = target.values
    if score == "variance" or len(np.unique(y)) < 2:  # a fold may hold one class only
        return np.asarray(np.var(x, axis=0))
    if score == "f":
        return np.asarray((f_classif if target.classes else f_regression)(x, y)[0])
    rows = np.arange(len(x))
    if len(x) > INFORMATION_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(len(x), INFORMATION_ROWS, replace=False))
    information = mutual_info_classif if target.classes else mutual_info_regression
    return np.asarray(information(x[rows], y[rows], random_state=seed % 2**32))
