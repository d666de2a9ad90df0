"""A package of every family predicts the bits of the trial, and says whether it carries training rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl.catalog import FAMILIES, OPERATORS
from automl.emit.golden import apply_graph
from automl.emit.write import emit_package
from automl.graph import Graph, Node
from automl.kinds import Kind
from tests.emit import support
from tests.support.folds import one_thread as one_thread

QUICK = {"n_estimators": 5, "num_rounds": 5, "width": 8, "epochs": 1, "k": 5}
NEW = tuple(name for name in FAMILIES if name not in ("constant", "linear", "lightgbm"))
TASKS = ("binary", "multiclass", "regression")
CASES = {
    name: tuple(FAMILIES[name].estimators)[i % len(FAMILIES[name].estimators)] for i, name in enumerate(NEW)
}  # every family, every task
SCRIPT = """
import csv, importlib, json, sys
for name in sys.argv[2:]:
    sys.path.insert(0, f"{sys.argv[1]}/{name}/src")
    package = importlib.import_module(f"shop_{name}")
    with open(f"{sys.argv[1]}/in.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    out = package.predict_proba(rows) if hasattr(package, "predict_proba") else package.predict(rows)[:, None]
    print(json.dumps([name, out.tobytes().hex(), "automl" in sys.modules, "sklearn" in sys.modules]))
"""


def graph_of(name: str, task: str) -> Graph:
    """The hand-written graph of trees or of linear models, with the family's estimator at its end."""
    operator = OPERATORS[FAMILIES[name].estimators[task]]  # type: ignore[index]
    base = support.tree_graph() if Kind.CODE in operator.accepts else support.linear_graph(task)
    params = {key: param.default for key, param in operator.space.items()} | dict(operator.fixed)
    params |= {key: value for key, value in QUICK.items() if key in params}
    last = Node(id="model", op=operator.name, inputs=base.output.inputs, params=params)
    return Graph(nodes=(*base.nodes[:-1], last))


def test_every_family_and_every_task_is_here() -> None:
    assert set(CASES) | {"constant", "linear", "lightgbm"} == set(FAMILIES) and set(CASES.values()) == set(TASKS)


def test_packages_predict_the_bits_of_the_trial(tmp_path: Path) -> None:
    columns = {source.name: source.column for source in support.table()}
    support.write_csv(support.table(), tmp_path / "in.csv")
    expected = {}
    for name, task in CASES.items():
        made = support.request(graph_of(name, task), task, name=f"shop_{name}")
        emit_package(made, tmp_path / name)
        expected[name] = apply_graph(made.graph, made.states, columns).tobytes().hex()
        said = json.loads((tmp_path / name / "manifest.json").read_text())["carries_training_rows"]
        card = (tmp_path / name / "README.md").read_text()
        assert said == (name == "knn") and ("The artifacts hold no training rows" in card) == (name != "knn")
    world = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), *CASES]
    done = subprocess.run(command, env=world, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {name: bits for name, bits, _, _ in found} == expected
    assert not any(automl or sklearn for _, _, automl, sklearn in found)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_refit_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    task = CASES[name]
    made = support.request(graph_of(name, task), task)
    emit_package(made, tmp_path / "package")
    support.write_csv((*support.table(), support.target(task)), tmp_path / "in.csv")
    command = [sys.executable, "-m", "telco_churn", "refit", "--data", str(tmp_path / "in.csv"), "--check"]
    world = {**os.environ, "PYTHONPATH": str(tmp_path / "package" / "src"), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=world, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
