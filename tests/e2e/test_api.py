"""The Python API: the same facts as the command line, and packages that do not get into each other's way."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import automl
from automl.driver.package import predict_file
from tests.e2e.support import command


def test_the_verbs_stay_functions() -> None:
    """A module of the same name would take their place once it is imported."""
    import automl.training
    import automl.verifying

    assert all(callable(getattr(automl, name)) for name in ("compile", "train", "verify", "load"))
    assert set(automl.__all__) <= set(dir(automl))
    with pytest.raises(AttributeError, match="no attribute 'frob'"):
        automl.frob  # type: ignore[attr-defined]  # noqa: B018


def test_a_file_and_its_values_give_one_plan(spec: Path) -> None:
    of_file = automl.compile(spec)
    values = yaml.safe_load(spec.read_text())
    of_values = automl.compile(values, base=spec.parent)
    assert of_file.plan.digest() == of_values.plan.digest()
    assert of_file.as_json() == of_values.as_json()
    assert "shop" in repr(of_file)
    assert "<table>" in of_file._repr_html_()


def test_compiled_is_written_as_the_command_does(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = command(capsys, "compile", spec, "-o", tmp_path / "a" / "plan.json").told
    compiled = automl.compile(spec)
    places = compiled.write(tmp_path / "b" / "plan.json")
    for name in ("plan", "lock"):
        assert Path(places[name]).read_bytes() == Path(told[name]).read_bytes()
    assert {**compiled.as_json(), **{name: told[name] for name in ("plan", "lock", "graph")}} == told


def test_all_mistakes_of_values_are_told_with_their_places(spec: Path) -> None:
    values = yaml.safe_load(spec.read_text())
    values |= {"metrc": "auc", "ensemble": {"size": 0}}
    with pytest.raises(automl.AutomlError) as caught:
        automl.compile(values, base=spec.parent)
    assert {d.code for d in caught.value.diagnostics} >= {"SPEC014", "SPEC054"}
    assert "did you mean 'metric'?" in str(caught.value)
    assert all(d.file == "<spec>" and d.source for d in caught.value.diagnostics)


@pytest.mark.parametrize("wrong", [{"version": object()}, {"data": {"id": [1j]}}])
def test_values_without_a_form_in_yaml(wrong: dict[Any, Any]) -> None:
    with pytest.raises(automl.AutomlError, match="API001"):
        automl.compile(wrong)


def test_a_spec_that_holds_itself() -> None:
    wrong: dict[str, Any] = {}
    wrong["data"] = wrong
    with pytest.raises(automl.AutomlError, match=r"API001.*holds itself"):
        automl.compile(wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"workers": 0}, {"trials": True}, {"time": "5 minutes"}, {"time": 0}, {"time": -1.0}, {"time": float("nan")},
     {"time": []}, {"resume": True, "overwrite": True}],
)  # fmt: skip
def test_options_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(automl.AutomlError, match="API002"):
        automl.Options(**wrong)


def test_train_of_values(spec: Path, tmp_path: Path) -> None:
    values = yaml.safe_load(spec.read_text())
    values["data"]["path"] = spec.parent / values["data"]["path"]
    seen: list[object] = []
    options = automl.Options(executor="inline", trials=2)
    trained = automl.train(values, tmp_path / "run", options, watch=seen.append)
    assert seen and sum(trained.facts["trials"].values()) == 2
    assert trained.as_json() == json.loads((trained.run / "result.json").read_text())
    assert automl.load(trained.package).info["digest"] == trained.digest


def test_a_finished_run_is_returned(spec: Path, finished: Path) -> None:
    trained = automl.train(spec, finished, automl.Options(executor="inline", resume=True))
    facts = json.loads((finished / "result.json").read_text())
    assert trained.as_json() == facts
    assert (trained.name, trained.digest, trained.package) == (facts["name"], facts["digest"], finished / "package")
    assert (trained.metric, trained.validation_score) == (facts["metric"], facts["validation_score"])
    assert (trained.holdout_score, trained.baseline_score) == (facts["holdout_score"], facts["baseline_score"])
    assert facts["winner"]["members"][0]["candidate"] in repr(trained)


def test_html_is_escaped(finished: Path) -> None:
    facts = json.loads((finished / "result.json").read_text())
    page = automl.Trained({**facts, "name": "<script>", "package": "a&b"})._repr_html_()
    assert "&lt;script&gt;" in page and "<script>" not in page and "a&amp;b" in page


def test_verify(finished: Path) -> None:
    verified = automl.verify(finished / "package")
    assert verified and verified.ok and verified.differences == ()
    assert "every byte" in verified.lines[-1] and "every byte" in verified._repr_html_()


def test_two_packages_of_one_name(spec: Path, finished: Path, boosted: Path, tmp_path: Path) -> None:
    table = next(spec.parent.glob("*.csv"))
    path, names = list(sys.path), set(sys.modules)
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    models = [automl.load(run / "package") for run in (finished, boosted)]
    assert models[0].info["name"] == models[1].info["name"] == "shop"
    assert models[0].info["digest"] != models[1].info["digest"]
    for number, run in enumerate((finished, boosted)):
        out = tmp_path / f"{number}.csv"
        assert predict_file(run / "package", table, out).returncode == 0
        told = _probabilities(out, models[number].info["classes"])
        assert np.array_equal(models[number].predict_proba(rows), told)
        assert not list((run / "package").rglob("__pycache__"))
    assert sys.path == path
    assert all(name.startswith("automl") for name in set(sys.modules) - names if "shop" in name)


def test_load_what_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(automl.AutomlError, match="CLI011"):
        automl.load(tmp_path)


def _probabilities(predictions: Path, classes: list[str]) -> np.ndarray:
    with predictions.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return np.array([[float(row[f"probability_{label}"]) for label in classes] for row in rows])
