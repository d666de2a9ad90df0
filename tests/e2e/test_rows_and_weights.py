"""Whole runs over weights, a test file, rare classes and ids: trained, emitted, refitted, verified, predicted with."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from automl.catalog import FAMILIES, OPERATORS
from automl.driver.package import predict_file
from automl.errors import AutomlError
from automl.planning import read_plan
from automl.verifying import verify
from tests.e2e.data import write_csv
from tests.e2e.support import asked as asked_in
from tests.e2e.support import run_inline

DICE = random.Random(5)


def plan_family(run: Path, candidate: str) -> str:
    """The family of a candidate of a run."""
    return str(read_plan(run / "plan.json").candidate(candidate).family)


def line(number: int, cities: str = "abcdefgh") -> dict[str, str]:
    size, city = DICE.gauss(10, 3), DICE.choice(cities) + str(DICE.randrange(9))
    left = size + (city[0] < "d") * 3 + DICE.gauss(0, 2) > 11
    weight = DICE.choice(("0", "0.5", "1", "3"))
    return {
        "number": f"{number:04d}", "day": f"2024-01-{1 + number % 28:02d}", "size": f"{size:.3f}", "city": city,
        "share": weight, "left": "yes" if left else "no",
    }  # fmt: skip


@pytest.fixture(scope="module")
def weighted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with weights (a quarter of them 0), a test file that has unknown levels, and ids of two types."""
    folder = tmp_path_factory.mktemp("weighted")
    write_csv(folder / "train.csv", [line(i) for i in range(150)])
    write_csv(folder / "test.csv", [line(150 + i, "abcz") for i in range(40)])
    spec = {
        "version": 1,
        "name": "weighted",
        "data": {"path": "train.csv", "test": "test.csv", "target": "left", "weight": "share", "id": ["number", "day"]},
        "search": {"budget": {"trials": 3}, "families": ["linear"]},
    }
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    run_inline(folder / "spec.yaml", folder / "run")
    return folder


def test_the_package_of_weighted_rows_is_refitted_bit_by_bit(weighted: Path) -> None:
    verdict = verify(weighted / "run" / "package", None, search=False)
    assert verdict.ok, verdict.lines
    assert verdict.facts["rows"] < 150, "rows of weight 0 and those of the test file are not fitted on"
    package = weighted / "run" / "package"
    command = [sys.executable, "-m", "weighted", "refit", "--data", str(weighted / "train.csv"), "--check"]
    world = {**os.environ, "PYTHONPATH": str(package / "src")}
    done = subprocess.run(command, env=world, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "weighted: every artifact has the same bytes\n"), done.stderr


def test_verify_finds_the_test_file_beside_the_data_and_refuses_another(weighted: Path, tmp_path: Path) -> None:
    package = weighted / "run" / "package"
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_bytes((weighted / name).read_bytes())
    lines = (tmp_path / "test.csv").read_text().splitlines()
    (tmp_path / "test.csv").write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(AutomlError) as told:
        verify(package, tmp_path, search=False)
    assert [d.code for d in told.value.diagnostics] == ["PLAN005"]


def test_the_weights_are_no_input_and_the_card_tells_what_was_done(weighted: Path) -> None:
    package = weighted / "run" / "package"
    schema = (package / "src" / "weighted" / "schema.py").read_text()
    fields, training = schema.split("TRAINING_FIELDS: tuple")
    assert "name='share'" not in fields.replace('"', "'") and "name='share'" in training.replace('"', "'")
    card = (package / "README.md").read_text()
    assert "the test file (" in card and "no row of the test file is among them" in card and "the column share" in card
    result = json.loads((weighted / "run" / "result.json").read_text())
    assert [Path(path).name for path in result["test"]] == ["test.csv"] and result["holdout_score"] > 0.6


def test_prediction_needs_no_weights_and_ids_are_carried_as_they_stand(weighted: Path, tmp_path: Path) -> None:
    rows = [line(i) for i in range(7)]
    for row in rows:
        del row["share"], row["left"]
    done = predict_file(weighted / "run" / "package", write_csv(tmp_path / "new.csv", rows), tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0])[:3] == ["number", "day", "prediction"]
    assert [(row["number"], row["day"]) for row in found] == [(row["number"], row["day"]) for row in rows]


QUICK = {"num_rounds": 10, "n_estimators": 8, "epochs": 5, "width": 16}  # what makes fits small, where there is such
SPACE = {
    name: small
    for name, operator in OPERATORS.items()
    if operator.role == "estimator"
    and (small := {key: value for key, value in QUICK.items() if key in {**operator.space, **operator.fixed}})
}


PLACES = ["folds, test", *(pytest.param(place, marks=pytest.mark.slow) for place in ("folds", "test"))]


@pytest.mark.parametrize("place", PLACES)
def test_rare_classes(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every family: a class of one row, or of the test file alone: its column is there, and scores are finite."""
    monkeypatch.setattr("automl.fitting.mlp.FEWEST_STEPS", 20)
    dice = random.Random(1)
    labels = ["low", "mid", "top"] * 16 + (["one"] if "folds" in place else [])
    table = [{"a": f"{dice.gauss(len(y) + ord(y[0]), 2):.2f}", "c": dice.choice("xyz"), "y": y} for y in labels]
    write_csv(tmp_path / "t.csv", table)
    write_csv(tmp_path / "test.csv", [*table[:9], {"a": "1", "c": "x", "y": "none"}])
    data = {"path": "t.csv", "target": "y", **({"test": "test.csv"} if "test" in place else {})}
    families = sorted(
        name for name, family in FAMILIES.items() if name != "constant" and "multiclass" in family.estimators
    )
    search = {"budget": {"trials": 2 * len(families) + 1}, "families": families, "space": SPACE}
    spec = {"version": 1, "name": "rare", "data": data, "search": search, "validation": {"folds": 3}}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    result = run_inline(tmp_path / "s.yaml", tmp_path / "run")
    trials = result["trials"]
    assert trials["ok"] + trials["pruned"] == search["budget"]["trials"] and result["metric"] == "log_loss"
    asked = {plan_family(tmp_path / "run", candidate) for candidate, _ in asked_in(tmp_path / "run")}
    assert asked >= set(families), "every family was tried"
    assert np.isfinite([result["validation_score"], result["holdout_score"]]).all()
    emitted = (tmp_path / "run" / "package" / "src" / "rare" / "schema.py").read_text()
    assert ("'one'" if place == "folds" else "'none'") in emitted.replace('"', "'")
