"""Checks of `search.space` against the catalog: operators, parameters, ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from automl.catalog import FAMILIES, OPERATORS, Operator
from automl.errors import nearest
from automl.params import Choice, Float, Int, Param, ParamValue
from automl.spec.findings import Findings, one_of
from automl.spec.places import Path, dotted, quoted
from automl.spec.problems import describe
from automl.spec.written import SpaceValue, WrittenOptions, WrittenRange

Space = Mapping[str, Mapping[str, SpaceValue]]

_TINY: Final = 1e-12  # for what must be above zero
_MANY: Final = 2**31 - 1
# What each parameter can be at all, lowest and highest: the documentation of LightGBM and scikit-learn. The catalog's
# ranges are what is searched by default, and may be left.
LEGAL: Final[dict[str, tuple[float, float]]] = {
    "lightgbm.learning_rate": (_TINY, math.inf),
    "lightgbm.num_leaves": (2, 131072),
    "lightgbm.min_data_in_leaf": (0, _MANY),
    "lightgbm.feature_fraction": (_TINY, 1),
    "lightgbm.bagging_fraction": (_TINY, 1),
    "lightgbm.lambda_l1": (0, math.inf),
    "lightgbm.lambda_l2": (0, math.inf),
    "lightgbm.cat_smooth": (0, math.inf),
    "lightgbm.cat_l2": (0, math.inf),
    "lightgbm.max_cat_to_onehot": (1, _MANY),
    "lightgbm.num_rounds": (1, 100_000),
    "lightgbm.bagging_freq": (0, _MANY),
    "lightgbm.max_bin": (2, 65535),
    "lightgbm.min_data_per_group": (1, _MANY),
    "logistic.C": (_TINY, math.inf),
    "ridge.alpha": (0, math.inf),
    "extra_trees.n_estimators": (1, 10_000),
    "extra_trees.max_features": (_TINY, 1),
    "extra_trees.min_samples_leaf": (1, _MANY),
    "random_forest.n_estimators": (1, 10_000),
    "random_forest.max_features": (_TINY, 1),
    "random_forest.min_samples_leaf": (1, _MANY),
    "hist_gradient_boosting.num_rounds": (1, 100_000),
    "hist_gradient_boosting.max_leaf_nodes": (2, _MANY),
    "hist_gradient_boosting.min_samples_leaf": (1, _MANY),
    "hist_gradient_boosting.l2_regularization": (0, math.inf),
    "hist_gradient_boosting.max_features": (_TINY, 1),
    "mlp.width": (1, 10_000),
    "mlp.layers": (1, 20),
    "mlp.epochs": (1, 100_000),
    "mlp.alpha": (0, math.inf),
    "elastic_net.alpha": (_TINY, math.inf),
    "elastic_net.l1_ratio": (0, 1),
    "naive_bayes.var_smoothing": (0, math.inf),
    "knn.k": (1, _MANY),
    "one_hot.min_count": (1, _MANY),
    "ordinal.min_count": (1, _MANY),
    "select_features.share": (_TINY, 1),
    "svd.components": (1, _MANY),
    "target_mean.smoothing": (0, math.inf),
    "text_score.max_features": (1, _MANY),
    "text_score.min_count": (1, _MANY),
    "text_score.penalty": (_TINY, math.inf),
    "tfidf.min_count": (1, _MANY),
}
# Parameters that have a key of their own.
_ELSEWHERE: Final[dict[str, str]] = {"threads": "search.trial.cpus", "unknown_category": "package.unknown_category"}


def check_space(space: Space, task: str | None, findings: Findings) -> None:
    """Every operator (or family) and parameter of the space."""
    for name, params in space.items():
        path: Path = ("search", "space", name)
        operators = operators_of(name, task)
        if not operators:
            _no_operator(name, task, findings)
            continue
        for param, value in params.items():
            _check_param((*path, param), value, operators, findings)


def operators_of(name: str, task: str | None) -> list[Operator]:
    """The operators that a name in the space stands for: one, or those of a family that fit the task (None: any)."""
    names = [name] if name in OPERATORS else []
    if not names and name in FAMILIES:
        names = sorted(set(FAMILIES[name].estimators.values()))
    found = [OPERATORS[each] for each in names]
    return [operator for operator in found if task is None or task in operator.tasks]


def _no_operator(name: str, task: str | None, findings: Findings) -> None:
    path: Path = ("search", "space", name)
    if operators_of(name, None):
        findings.error("SPEC047", path, f"search.space: {name} cannot do task {task}", "leave it out", "key")
    else:
        names = [each for each, operator in OPERATORS.items() if operator.space]
        hint = nearest(name, (*OPERATORS, *FAMILIES)) or f"{one_of(names)} have parameters"
        findings.error("SPEC048", path, f"search.space: unknown operator {quoted(name)}", hint, at="key")


def _check_param(path: Path, value: SpaceValue, operators: Sequence[Operator], findings: Findings) -> None:
    """One parameter: of the operators that the name stands for, some have it, and it is legal for each of these."""
    name = str(path[-1])
    if name in _ELSEWHERE and any(name in operator.fixed for operator in operators):
        findings.error("SPEC049", path, f"{dotted(path)} is set by a key of its own", f"use {_ELSEWHERE[name]}", "key")
        return
    known = {each: operator for operator in operators for each in (*operator.space, *operator.fixed)}
    if name not in known:
        valid = [each for each in known if each not in _ELSEWHERE]
        hint = nearest(name, valid) or (f"{one_of(valid)} are known" if valid else "it has no parameters")
        findings.error("SPEC049", path, f"{dotted(path[:-1])}: unknown parameter {quoted(name)}", hint, "key")
        return
    operator = known[name]
    param = operator.space.get(name)
    default = operator.fixed.get(name)
    if isinstance(value, WrittenRange):
        _check_range(path, value, operator, findings)
        return
    options = isinstance(value, WrittenOptions)
    values = value.options if isinstance(value, WrittenOptions) else (value,)
    if options:
        findings.not_empty((*path, "options"), values)
        findings.no_doubles((*path, "options"), values)
    for i, each in enumerate(values):
        wrong = _illegal(each, param, default, _legal(operator, name))
        if wrong is not None:
            at: Path = (*path, "options", i) if options else path
            findings.error("SPEC051", at, f"{dotted(path)}: expected {wrong}, found {describe(each)}")


def _check_range(path: Path, value: WrittenRange, operator: Operator, findings: Findings) -> None:
    name = str(path[-1])
    param, default = operator.space.get(name), operator.fixed.get(name)
    if isinstance(param, Choice) or isinstance(default, str | bool):
        findings.error("SPEC051", path, f"{dotted(path)} is a choice and has no range", "write {options: [...]}", "key")
        return
    for end in ("low", "high"):
        number = getattr(value, end)
        if number is None and not any(bad[: len(path)] == path for bad in findings.bad):
            findings.error("SPEC050", path, f"{dotted(path)}: the range has no {end}", f"add {end}: NUMBER", "key")
        elif number is not None:
            wrong = _illegal(number, param, default, _legal(operator, name))
            if wrong is not None:
                message = f"{dotted((*path, end))}: expected {wrong}, found {describe(number)}"
                findings.error("SPEC051", (*path, end), message)
    if value.low is None or value.high is None:
        return
    if value.low > value.high:
        message = f"{dotted(path)}: low is {value.low:g}, which is more than high, {value.high:g}"
        findings.error("SPEC050", (*path, "low"), message, "swap them")
    elif value.log and value.low <= 0:
        message = f"{dotted(path)}: a logarithmic range begins above zero"
        findings.error("SPEC051", (*path, "low"), message, "give a larger low, or leave out log")


def _legal(operator: Operator, name: str) -> tuple[float, float]:
    """What the parameter can be at all; for one that is not listed: a number above zero stays one, others are free."""
    listed = LEGAL.get(f"{operator.name}.{name}")
    if listed is not None:
        return listed
    param = operator.space.get(name)
    positive = isinstance(param, Float | Int) and param.low > 0
    return (_TINY if positive else -math.inf, math.inf)


def _illegal(value: object, param: Param | None, default: ParamValue, legal: tuple[float, float]) -> str | None:
    """What would have been legal, where the value is not."""
    if isinstance(param, Choice):
        if any(type(value) is type(option) and value == option for option in param.options):
            return None
        return f"one of {one_of(str(option).lower() for option in param.options)}"
    if param is None and isinstance(default, str | bool):
        return None if isinstance(value, type(default)) else ("a text" if isinstance(default, str) else "true or false")
    whole = isinstance(param, Int) or (param is None and isinstance(default, int))
    noun = "a whole number" if whole else "a number"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return noun
    low, high = legal
    if low <= value <= high:
        return None
    above = f"{noun} above 0" if low == _TINY else f"{noun} of at least {low:g}"
    return above if high == math.inf else f"{above} and at most {high:g}"
