"""Real tasks as functions of a model's parameters: LightGBM's loss on one half, fitted on the other."""

from __future__ import annotations

from collections.abc import Mapping

import lightgbm
import numpy as np
import pyarrow.csv as csv
from functions import Function
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split
from tasks import BenchTask, load_tasks

from automl.params import Choice, Float, Int, Param, ParamValue

TASKS = ("phoneme", "vehicle", "concrete", "kc1", "wine_quality")
ROWS = 1500  # at most, so that a fit takes some hundredths of a second
SPACE: dict[str, Param] = {
    "learning_rate": Float(low=0.005, high=0.5, default=0.1, log=True),
    "num_leaves": Int(low=2, high=128, default=31, log=True),
    "min_child_samples": Int(low=1, high=100, default=20, log=True),
    "feature_fraction": Float(low=0.3, high=1.0, default=1.0),
    "reg_lambda": Float(low=1e-6, high=100.0, default=1e-3, log=True),
    "n_estimators": Int(low=10, high=120, default=60, log=True),
    "extra_trees": Choice(options=(False, True), default=False),
}


def tuned(name: str) -> Function:
    """The task as something to be minimised over SPACE."""
    x, y, kind = _table(load_tasks()[name])
    halves = train_test_split(x, y, test_size=0.5, random_state=0, stratify=None if kind == "regression" else y)

    def value(params: Mapping[str, ParamValue]) -> float:
        return _loss(kind, halves, params)

    return Function(name, SPACE, value, real=True)


def _loss(kind: str, halves: list[np.ndarray], params: Mapping[str, ParamValue]) -> float:
    fit_x, score_x, fit_y, score_y = halves
    fixed = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1, "seed": 0}
    model = lightgbm.LGBMRegressor if kind == "regression" else lightgbm.LGBMClassifier
    fitted = model(**params, **fixed, subsample_freq=0).fit(fit_x, fit_y)
    if kind == "regression":
        return float(root_mean_squared_error(score_y, fitted.predict(score_x)))
    return float(log_loss(score_y, fitted.predict_proba(score_x), labels=fitted.classes_))


def _table(task: BenchTask) -> tuple[np.ndarray, np.ndarray, str]:
    """Features as floats (texts by their order), targets (classes as codes), and the kind of task."""
    table = csv.read_csv(task.file)
    table = table.take(np.random.default_rng(0).permutation(table.num_rows)[:ROWS])
    columns = [name for name in table.column_names if name != task.target and name not in task.drop]
    x = np.column_stack([_numbers(table[name].to_numpy(zero_copy_only=False)) for name in columns])
    y = table[task.target].to_numpy(zero_copy_only=False)
    return x, (y.astype(float) if task.kind == "regression" else np.unique(y, return_inverse=True)[1]), task.kind


def _numbers(column: np.ndarray) -> np.ndarray:
    try:
        return column.astype(float)
    except (TypeError, ValueError):
        return np.unique(column.astype(str), return_inverse=True)[1].astype(float)
