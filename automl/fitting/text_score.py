"""Fits `runtime.text_score`: logistic or ridge regression over the tf-idf weights of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.runtime.state import State
from automl.runtime.tfidf import apply as weigh

from . import logistic, ridge, tfidf
from .target import Target


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs: the raw columns. Params: max_features and min_count of `tfidf`; penalty (1 / C, or alpha).

    It is fitted to the target, so it is cross-fitted: what a later step is trained on has not seen its own row.
    """
    (columns,) = inputs
    terms = tfidf.fit(inputs, target, params, seed)
    x = weigh(terms, columns)
    if target.classes:
        model = logistic.fit((x,), target, {"C": 1.0 / params["penalty"]}, seed)
    else:
        model = ridge.fit((x,), target, {"alpha": params["penalty"]}, seed)
    arrays = {name: array for name, array in model.arrays.items() if name != "seen"}
    seen = model.arrays.get("seen", np.zeros(1, dtype=np.int64))
    outputs = target.classes if target.classes > 2 else 1
    return State(values={**terms.values, "outputs": outputs}, arrays={**terms.arrays, **arrays, "seen": seen})
