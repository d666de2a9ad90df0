"""Fits `runtime.lightgbm`: gradient boosted trees, as LightGBM model text."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any

import lightgbm

from automl.runtime.columns import Matrix
from automl.runtime.state import State

from .monotone import signs
from .target import Target
from .weights import row_weights

# Equal rows and parameters give equal text on one CPU class, whatever the number of threads.
FIXED = {"deterministic": True, "force_row_wise": True, "feature_pre_filter": False, "verbosity": -1}
# Parameters of this step, not of LightGBM's.
OWN = frozenset(
    ("categorical", "class_weight", "decreasing", "increasing", "level", "num_rounds", "objective", "threads")
)
OBJECTIVES = {
    "squared": "regression",
    "absolute": "regression_l1",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
    "mape": "mape",
}
LOGARITHMIC = ("poisson", "gamma")  # the trees add up to the logarithm of the prediction


def fit(inputs: tuple[Any, ...], target: Target, params: Mapping[str, Any], seed: int) -> State:
    """Inputs: one matrix, NaN for missing.

    Params: num_rounds; categorical (positions of the features that are codes, default none); increasing and decreasing
    (positions of features that the prediction must rise or fall with); threads (default 1); class_weight ("none" or
    "balanced"); objective of a regression ("squared" where left out, "absolute", "quantile" with `level`, "poisson",
    "gamma", "mape"); all others go to LightGBM under their own names.
    """
    (x,) = inputs
    options = {name: value for name, value in params.items() if name not in OWN}
    options |= {**FIXED, **_objective(target.classes, params), "seed": seed, "num_threads": params.get("threads", 1)}
    constraints = signs(params, x.shape[1])
    if constraints is not None:
        options["monotone_constraints"] = constraints
    data = binned(x, params)
    data.set_label(target.values).set_field("weight", None)  # those of the fit before, for the next line lets None be
    data.set_weight(row_weights(target, params.get("class_weight")))
    # Kept as it was trained: else the model would be written as text and read again before it is written here.
    booster = lightgbm.train(options, data, num_boost_round=params["num_rounds"], keep_training_booster=True)
    values: dict[str, Any] = {"classes": target.classes}
    if options["objective"] in LOGARITHMIC:
        values["link"] = "log"
    return State(values=values, text=_trees_only(booster.model_to_string(num_iteration=-1)))


# A matrix that fits share (it is read-only then) is binned once for as long as it lives: its weak reference, what its
# bins were made by, and they themselves, which take about an eighth of what it takes.
_BINNED: dict[int, tuple[weakref.ref[Any], tuple[Any, ...], Any]] = {}


def binned(x: Matrix, params: Mapping[str, Any]) -> Any:
    """LightGBM's Dataset of a matrix; labels and weights are still to be set. The same one for all fits of equal bins.

    Its parameters are those that bins are made by, and nothing of a trial's seed: of more than 200,000 rows LightGBM
    makes its bins from a sample, which is the same one for all fits.
    """
    made_by = (params.get("max_bin", 255), *(int(j) for j in params.get("categorical", ())))
    matrix, known, data = _BINNED.get(id(x), (None, None, None))
    if matrix is not None and matrix() is x and known == made_by:
        return data
    data = lightgbm.Dataset(
        x,
        feature_name=[f"f{j}" for j in range(x.shape[1])],
        categorical_feature=list(made_by[1:]),
        params={**FIXED, "max_bin": made_by[0], "num_threads": params.get("threads", 1)},
    ).construct()
    if not x.flags.writeable:
        forget = partial(_forget, _BINNED, id(x))
        _BINNED[id(x)] = (weakref.ref(x, forget), made_by, data)
    return data


def _forget(kept: dict[int, Any], place: int, _: object) -> None:
    kept.pop(place, None)


def _objective(classes: int, params: Mapping[str, Any]) -> dict[str, Any]:
    if classes == 0:
        name = OBJECTIVES[params.get("objective", "squared")]
        return {"objective": name, "alpha": params["level"]} if name == "quantile" else {"objective": name}
    if classes == 2:
        return {"objective": "binary"}
    return {"objective": "multiclass", "num_class": classes}


def _trees_only(text: str) -> str:
    """The model without what follows the trees: importances and a list of all parameters, which prediction ignores."""
    end = "end of trees\n"
    trees, found, _ = text.partition(end)
    assert found, "LightGBM model text has an end of trees"
    return trees + end
