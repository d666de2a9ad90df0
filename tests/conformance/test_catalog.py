"""The registries are complete, consistent, and cheap to import."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import automl
from automl.catalog import FAMILIES, OPERATORS, Operator, catalog_digest, get_operator
from automl.catalog import forests as forest_catalog
from automl.compiler.check_types import MOST_PAIRS
from automl.fitting import date_differences, forests
from automl.params import Choice
from automl.spec.check_space import LEGAL

ROOT = Path(automl.__file__).parent
# Copied into packages: values, table, splits and whatever else lies in these folders is held to the same rule.
RUNTIME = sorted((ROOT / "runtime").glob("*.py"))
FITTING = sorted((ROOT / "fitting").glob("*.py"))
OPTIONAL = {"pyarrow"}  # for reading parquet, imported where it is needed
FITTERS = {"numpy", "sklearn", "threadpoolctl", "lightgbm"}
every_operator = pytest.mark.parametrize("op", OPERATORS.values(), ids=OPERATORS)


@every_operator
def test_declaration_and_modules_agree(op: Operator) -> None:
    assert OPERATORS[op.name] is op and op.title
    assert callable(importlib.import_module(f"automl.runtime.{op.module}").apply)
    if op.fitted:
        assert callable(importlib.import_module(f"automl.fitting.{op.module}").fit)
    assert not set(op.space) & set(op.fixed)
    assert op.rounds is None or op.rounds in op.fixed
    assert set(op.requires) <= set(op.fit_requires)


@every_operator
def test_every_parameter_is_explained_and_bounded(op: Operator) -> None:
    """What is fixed may be set by a spec too: a number of it has bounds, or a key of its own."""
    assert set(op.docs) <= {*op.space, *op.fixed}
    assert all(op.doc(name) for name in (*op.space, *op.fixed))
    numbers = {name for name, value in op.fixed.items() if not isinstance(value, str | bool)}
    assert all(f"{op.name}.{name}" in LEGAL for name in numbers - {"threads"})


@every_operator
def test_defaults_lie_in_their_domain(op: Operator) -> None:
    for name, param in op.space.items():
        if isinstance(param, Choice):
            assert param.default in param.options, name
        else:
            assert param.low <= param.default <= param.high and (param.low > 0 or not param.log), name


def test_families_name_estimators_that_can_do_the_task() -> None:
    for name, family in FAMILIES.items():
        assert family.name == name and family.doc and {"binary", "multiclass"} <= set(family.estimators)
        for task, estimator in family.estimators.items():
            assert get_operator(estimator).role == "estimator" and task in get_operator(estimator).tasks
    named = {estimator for family in FAMILIES.values() for estimator in family.estimators.values()}
    assert named == {name for name, op in OPERATORS.items() if op.role == "estimator"}


def test_what_the_compiler_assumes_is_what_fits_do() -> None:
    """The compiler imports no fits: it has these numbers again."""
    assert forest_catalog.SAMPLE == forests.SAMPLE and MOST_PAIRS == date_differences.MOST_PAIRS


def test_unknown_operator_is_named() -> None:
    with pytest.raises(KeyError, match=r"no operator 'nope'.*one_hot"):
        get_operator("nope")


def test_digest_and_imports_in_a_fresh_process() -> None:
    heavy = "{'numpy', 'scipy', 'sklearn', 'lightgbm', 'pandas', 'pyarrow', 'ray', 'optuna'}"
    code = f"import sys, automl.catalog as c; print(c.catalog_digest(), sorted({heavy} & set(sys.modules)))"
    environment = {"PYTHONHASHSEED": "99", "PYTHONPATH": str(ROOT.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{catalog_digest()} []"


def test_digest_sees_a_changed_default(monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalog_digest()
    space = {**OPERATORS["ridge"].space, "alpha": OPERATORS["ridge"].space["alpha"].model_copy(update={"low": 0.5})}
    monkeypatch.setattr("automl.catalog.ESTIMATORS", {})
    monkeypatch.setitem(OPERATORS, "ridge", Operator(**{**OPERATORS["ridge"].__dict__, "space": space}))
    assert catalog_digest() != before


def test_digest_does_not_see_what_is_said_of_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalog_digest()
    monkeypatch.setitem(OPERATORS, "ridge", replace(OPERATORS["ridge"], docs={"alpha": "other words"}))
    assert catalog_digest() == before


def imports(file: Path) -> list[tuple[int, str]]:
    """(level, module) of every import statement; level 0 is absolute."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.level, node.module or ""))
    return found


@pytest.mark.parametrize("file", RUNTIME, ids=lambda file: file.stem)
def test_runtime_needs_numpy_only(file: Path) -> None:
    for level, module in imports(file):
        assert level <= 1
        if level == 0:
            assert module.split(".")[0] in {"numpy", *sys.stdlib_module_names, *OPTIONAL}, module


@pytest.mark.parametrize("file", FITTING, ids=lambda file: file.stem)
def test_fitting_needs_numpy_scikit_learn_and_lightgbm_only(file: Path) -> None:
    for level, module in imports(file):
        assert level <= 1
        if level == 0 and not module.startswith("automl.runtime."):
            assert module.split(".")[0] in {
                "numpy",
                "scipy",
                "sklearn",
                "threadpoolctl",
                "lightgbm",
                *sys.stdlib_module_names,
            }, module
