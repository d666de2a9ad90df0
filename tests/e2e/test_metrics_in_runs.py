"""Whole runs by metrics that choose a threshold, optimise a quantile, or are the user's own."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from automl.catalog.metrics import THRESHOLDS
from automl.executors.session import Session
from tests.e2e.data import write_csv
from tests.e2e.support import command, events, run_inline, run_on

SPACE = {"lightgbm": {"num_rounds": 16, "num_leaves": {"low": 4, "high": 8}}}


def rows(count: int = 360) -> list[dict[str, str]]:
    """One row in eight is a `hit`, more often where x is large; `price` is a skewed quantity."""
    dice = random.Random(11)
    found = []
    for _ in range(count):
        x, z, kind = dice.gauss(0, 1), dice.gauss(0, 1), dice.choice("abc")
        hit = dice.random() < 1 / (1 + 2.718281828 ** (2.6 - 1.3 * x - (kind == "a")))
        price = dice.expovariate(1.0) * 2.718281828 ** (0.5 * z) + 0.1
        found.append(
            {"x": f"{x:.4f}", "z": f"{z:.4f}", "kind": kind, "y": "hit" if hit else "miss", "price": f"{price:.3f}"}
        )
    return found


def write_spec(folder: Path, metric: Any, target: str = "y", **more: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "hits.csv", rows())
    spec = {
        "version": 1,
        "name": "hits",
        "data": {"path": "hits.csv", "target": target, "ignore": ["price" if target == "y" else "y"]},
        "metric": metric,
        "validation": {"folds": 3, "holdout": 0.25},
        "search": {"budget": {"trials": 5}, "families": ["linear", "lightgbm"], "space": SPACE},
        **more,
    }
    (folder / "hits.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    return folder / "hits.yaml"


def predictions(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def by_f1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    accept = [{"metric": "f1", "better_than_baseline_by": -1}, {"metric": "recall", "at_least": 0.0}]
    spec = write_spec(tmp_path_factory.mktemp("f1"), "f1", accept=accept)
    run_inline(spec, spec.parent / "run")
    return spec.parent / "run"


def test_the_threshold_of_the_folds_is_in_the_package(
    by_f1: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = by_f1 / "package"
    winner = json.loads((package / "winner.json").read_text())["winner"]["trial"]
    threshold = winner["threshold"]
    assert threshold in THRESHOLDS and threshold < 0.5  # hits are rare
    assert f"THRESHOLD = {threshold!r}" in (package / "src/hits/schema.py").read_text()
    assert f"at least {threshold!r}, chosen on the validation folds" in (package / "README.md").read_text()
    result = json.loads((by_f1 / "result.json").read_text())
    assert result["winner"]["members"][0]["params"]["decision.threshold"] == threshold
    assert command(capsys, "predict", package, by_f1.parent / "hits.csv", "-o", tmp_path / "out.csv").code == 0
    found = predictions(tmp_path / "out.csv")
    expected = ["hit" if float(row["probability_hit"]) >= threshold else "miss" for row in found]
    assert [row["prediction"] for row in found] == expected
    assert expected != ["hit" if float(row["probability_hit"]) > 0.5 else "miss" for row in found]


@pytest.mark.slow
def test_the_package_s_own_tests_know_the_threshold(by_f1: Path) -> None:
    command_line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_predictions.py"]
    world = {**os.environ, "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command_line, cwd=by_f1 / "package", env=world, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "passed" in done.stdout, done.stdout


def test_such_a_package_verifies_and_its_search_replays(by_f1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = command(capsys, "verify", by_f1 / "package", "--search")
    assert (ran.code, ran.told["differences"]) == (0, [])


def test_ledger_and_leaderboard_agree_on_the_chosen_point(by_f1: Path) -> None:
    finished = events(by_f1, "finished")
    sizes = [len(json.dumps(line.get("curves", []))) for line in finished]
    assert 0 < max(sizes) < 4500 and all(len(line) == 25 for unit in finished for line in unit["curves"])
    closed = {line["trial"]: line["closed"] for line in events(by_f1, "settled") if "closed" in line}
    for row in predictions(by_f1 / "leaderboard.csv"):
        if row["outcome"] == "ok":
            folds = [float(row[f"fold_{i}"]) for i in (1, 2, 3)]
            assert sum(folds) / 3 == pytest.approx(closed[int(row["trial"])]["score"], rel=1e-12)
            assert closed[int(row["trial"])]["threshold"] in THRESHOLDS


def test_the_baseline_has_a_threshold_of_its_own(by_f1: Path) -> None:
    """All rows positive: the F1 of a constant, not 0 as at 0.5. Its holdout score is held against that, too."""
    baseline = events(by_f1, "settled")[2]["closed"]
    hits = sum(row["y"] == "hit" for row in rows()) / 360
    assert baseline["score"] == pytest.approx(2 * hits / (1 + hits), abs=0.02)
    assert json.loads((by_f1 / "result.json").read_text())["baseline_score"] == pytest.approx(
        baseline["score"], abs=0.02
    )


def test_a_high_quantile_lies_above_most_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write_spec(tmp_path, {"name": "pinball", "level": 0.9}, "price")
    result = run_inline(spec, tmp_path / "run")
    assert (result["metric"], result["winner"]["members"][0]["candidate"]) == ("pinball", "lightgbm")
    assert "loss at level 0" in (tmp_path / "run/package/README.md").read_text()
    assert "pinball at 0.9" in (tmp_path / "run/report.html").read_text()
    assert (
        command(capsys, "predict", tmp_path / "run/package", tmp_path / "hits.csv", "-o", tmp_path / "out.csv").code
        == 0
    )
    guess = np.array([float(row["prediction"]) for row in predictions(tmp_path / "out.csv")])
    assert 0.8 < np.mean(guess >= [float(row["price"]) for row in rows()]) < 0.97


OWN = """import numpy as np


def profit(target, guess):
    print("said by the metric")  # must not get into the command's answer
    assert target.dtype == guess.dtype == np.int64
    return float(np.sum(guess * (8 * target - 1.0)))
"""


def own(folder: Path, module: str, source: str = OWN, **more: Any) -> Path:
    metric = {"function": f"{module}.profit", "direction": "maximise", "needs": "label"}
    spec = write_spec(folder, metric, **more)
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    return spec


@pytest.fixture
def clean_path() -> Any:
    """Own modules of one test are no other test's."""
    before = list(sys.path)
    yield
    sys.path[:] = before


def test_a_metric_of_one_s_own(tmp_path: Path, capsys: pytest.CaptureFixture[str], clean_path: None) -> None:
    """A hit is worth seven misses: many rows are called hits. Verify needs the module, as it was."""
    spec = own(tmp_path, "own_profit", accept=[{"metric": "own_profit.profit", "at_least": 0.0}])
    result = run_inline(spec, tmp_path / "run")
    winner = json.loads((tmp_path / "run/package/winner.json").read_text())["winner"]["trial"]
    assert result["metric"] == "own_profit.profit" and winner["threshold"] < 0.3 and winner["score"] > 0
    assert str(tmp_path) not in (tmp_path / "run/package/plan.json").read_text()
    assert command(capsys, "verify", tmp_path / "run/package").code == 0
    (tmp_path / "own_profit.py").write_text(OWN + "# changed\n", encoding="utf-8")
    ran = command(capsys, "verify", tmp_path / "run/package")
    assert (ran.code, ran.codes) == (1, {"PLAN007"})
    (tmp_path / "own_profit.py").unlink()
    shutil.copy(tmp_path / "run/plan.json", tmp_path)
    ran = command(capsys, "train", tmp_path / "plan.json", "-o", tmp_path / "again", "--executor", "inline")
    assert (ran.code, ran.codes) == (1, {"PLAN007"})


@pytest.mark.parametrize(
    ("module", "body", "said"),
    [
        ("own_nan", "return float('nan')", "returned nan; expected a finite number"),
        ("own_none", "return None", "returned None; expected a finite number"),
        ("own_broken", "return 1 // 0", "raised ZeroDivisionError"),
        ("own_huge", "return 10**400", "expected a finite number"),
        ("own_exit", "raise SystemExit(0)", "raised SystemExit"),
        ("own_silent", "raise type('Odd', (Exception,), {'__str__': lambda self: 1})()", "raised Odd"),
    ],
)
def test_a_metric_of_one_s_own_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clean_path: None, module: str, body: str, said: str
) -> None:
    spec = own(tmp_path, module, f"def profit(target, guess):\n    {body}\n", search={"budget": {"trials": 1}})
    ran = command(capsys, "train", spec, "-o", tmp_path / "run", "--executor", "inline")
    assert (ran.code, ran.codes) == (1, {"RUN003"})
    assert all("report.html" in found["hint"] and "inline" not in found["hint"] for found in ran.told["diagnostics"])
    assert said in ran.told["diagnostics"][0]["message"] and f"metric {module}.profit" in json.dumps(ran.told)


def test_a_metric_that_the_holdout_has_no_score_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clean_path: None
) -> None:
    """The folds were scored: there is a winner all the same, told to be without an estimate; criteria are not met."""
    body = "    assert len(target) != 72\n    return float(np.mean(target == guess))\n"
    source = f"import numpy as np\n\n\ndef profit(target, guess):\n{body}"
    few = {"search": {"budget": {"trials": 2}, "families": ["linear"]}, "validation": {"folds": 3, "holdout": 0.2}}
    spec = own(tmp_path, "own_fold_only", source, **few)
    result = run_inline(spec, tmp_path / "run")
    assert result["holdout_score"] is None and "RUN007" in {warning["code"] for warning in result["warnings"]}
    assert command(capsys, "verify", tmp_path / "run/package").code == 0
    strict = own(tmp_path, "own_fold_only", source, **few, accept=[{"metric": "own_fold_only.profit", "at_least": 0.1}])
    ran = command(capsys, "train", strict, "-o", tmp_path / "strict", "--executor", "inline")
    assert ran.codes == {"ACC003"} and not (tmp_path / "strict/package").exists()


@pytest.mark.slow
def test_workers_find_the_metric(tmp_path: Path, ray_cluster: Session, clean_path: None) -> None:
    spec = own(tmp_path, "own_profit_on_ray", search={"budget": {"trials": 2}, "families": ["linear"]})
    there = run_on("ray", spec, tmp_path / "ray", workers=1)
    here = run_inline(spec, tmp_path / "inline")
    assert there["trials"]["ok"] == 2 and there["digest"] == here["digest"]
