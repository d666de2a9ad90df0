"""Whole runs off the straight path: not accepted, no holdout, a plan as the source; and the example specs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.e2e.data import write_spec
from tests.e2e.support import ROOT, command, events, files_of, run_inline, settled_lines

INLINE = ("--executor", "inline")


def test_missed_criteria_leave_a_run_without_a_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write_spec(tmp_path, 4, accept=[{"metric": "roc_auc", "at_least": 0.99}, {"package_size": "1KiB"}])
    ran = command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE)
    assert ran.code == 4
    assert [found["code"] for found in ran.told["diagnostics"]] == ["ACC001", "ACC001"]
    assert ran.told["run"] == str(tmp_path / "run") and ran.told["ok"] is False
    assert 0.5 < ran.told["holdout_score"] < 0.99 and [each["met"] for each in ran.told["criteria"]] == [False, False]
    seen = command(capsys, "status", tmp_path / "run").told
    assert seen["state"] == "refused" and seen["refused"]["candidate"] == ran.told["candidate"]
    assert "roc_auc at least 0.99" in (tmp_path / "run" / "report.html").read_text()
    there = {path.name for path in (tmp_path / "run").iterdir()}
    assert "package" not in there
    assert {"ledger.jsonl", "report.html", "leaderboard.csv", "plan.json"} <= there
    assert not events(tmp_path / "run", "selected")
    fits = len(events(tmp_path / "run", "finished"))
    again = command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE, "--resume")
    assert again.code == 4
    assert len(events(tmp_path / "run", "refused")) == 2
    assert len(events(tmp_path / "run", "finished")) == fits


def test_criteria_that_are_relaxed_later_need_no_fit_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is accepted is not part of what the search depends on."""
    spec = write_spec(tmp_path, 4, accept=[{"metric": "roc_auc", "at_least": 0.99}])
    assert command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE).code == 4
    fits = len(events(tmp_path / "run", "finished"))
    write_spec(tmp_path, 4, accept=[{"metric": "roc_auc", "at_least": 0.6}])
    ran = command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE, "--resume")
    assert ran.code == 0
    assert command(capsys, "status", tmp_path / "run").told["state"] == "finished"
    assert len(events(tmp_path / "run", "finished")) == fits
    assert command(capsys, "verify", tmp_path / "run" / "package").code == 0


def test_without_a_holdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accept = [{"metric": "roc_auc", "better_than_baseline_by": 0.1}]
    spec = write_spec(tmp_path, 4, validation={"holdout": 0}, accept=accept)
    ran = command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE)
    assert (ran.code, ran.told["holdout_score"]) == (0, None)
    assert ran.told["validation_score"] > 0.6
    assert command(capsys, "verify", tmp_path / "run" / "package").code == 0


def test_criteria_on_another_metric_need_a_holdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accept = [{"metric": "log_loss", "at_most": 5}]
    spec = write_spec(tmp_path, 2, validation={"holdout": 0}, accept=accept)
    ran = command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE)
    assert (ran.code, ran.codes) == (1, {"ACC002"})


def test_a_plan_is_a_source(spec: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = spec.parent / "compiled.json"
    assert command(capsys, "compile", spec, "-o", plan).code == 0
    (spec.parent / "automl.lock").unlink()
    ran = command(capsys, "train", plan, "-o", tmp_path / "run", *INLINE)
    assert ran.code == 0
    assert ran.told["digest"] == json.loads((finished / "result.json").read_text())["digest"]
    assert files_of(tmp_path / "run" / "package") == files_of(finished / "package")


def test_a_lock_beside_the_spec_is_honoured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write_spec(tmp_path, 2)
    assert command(capsys, "compile", spec, "-o", tmp_path / "plan.json").code == 0
    assert command(capsys, "train", spec, "-o", tmp_path / "same", *INLINE).code == 0
    write_spec(tmp_path, 2, search={"seed": 1})
    ran = command(capsys, "train", spec, "-o", tmp_path / "other", *INLINE)
    assert (ran.code, ran.codes) == (1, {"LOCK001"})
    assert not (tmp_path / "other").exists()


def test_predictions_keep_rows_and_ids(
    spec: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    assert command(capsys, "predict", finished / "package", spec.parent / "shop.csv", "-o", out).code == 0
    with out.open(newline="") as told, (spec.parent / "shop.csv").open(newline="") as table:
        predicted, there = list(csv.DictReader(told)), list(csv.DictReader(table))
    assert list(predicted[0]) == ["customer", "prediction", "probability_no", "probability_yes"]
    assert [row["customer"] for row in predicted] == [row["customer"] for row in there]
    for row in predicted:
        no, yes = float(row["probability_no"]), float(row["probability_yes"])
        assert abs(no + yes - 1) < 1e-12
        assert row["prediction"] == ("yes" if yes > no else "no")


def test_status_of_a_finished_run(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = command(capsys, "status", finished).told
    assert (told["state"], told["remaining"], told["fits"]) == ("finished", 0, settled_lines(finished))
    assert told["result"]["digest"] == json.loads((finished / "result.json").read_text())["digest"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bike", "car", "bank"])
def test_the_example_specs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Regression in order of time, four classes, and the spec of the README: train, verify, predict, replay."""
    spec, run = ROOT / "specs" / f"{name}.yaml", tmp_path / "run"
    result = run_inline(spec, run, trials=4)
    ends = result["trials"]
    assert (ends["ok"] + ends["pruned"], sum(ends.values())) == (4, 4)
    verified = command(capsys, "verify", run / "package", "--search")
    assert (verified.code, verified.told["differences"]) == (0, [])
    assert command(capsys, "predict", run / "package", result["data"][0], "-o", tmp_path / "out.csv").code == 0
    with (tmp_path / "out.csv").open(newline="") as out:
        lines = list(csv.DictReader(out))
    assert len(lines) == verified.told["rows"]
    classes = {"bike": 0, "car": 4, "bank": 2}[name]
    assert sum(column.startswith("probability_") for column in lines[0]) == classes


def test_a_baseline_that_wins_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = command(capsys, "train", write_spec(tmp_path, 4), "-o", tmp_path / "run", *INLINE, "--trials", "1")
    assert ran.code == 0
    assert [found["code"] for found in ran.told["warnings"]] == ["RUN006"]


def test_a_time_budget_below_the_floor_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = command(capsys, "train", write_spec(tmp_path, 4), "-o", tmp_path / "run", *INLINE, "--time", "1s")
    assert ran.code == 0
    assert "PLAN006" in {found["code"] for found in ran.told["warnings"]}


def test_what_cannot_be_emitted_is_told_before_the_search(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("prediction,a,y\n" + "".join(f"r{i},{i % 7},{i % 2}\n" for i in range(60)))
    spec = tmp_path / "s.yaml"
    spec.write_text("version: 1\nname: s\ndata: {path: t.csv, target: y, id: [prediction]}\n")
    assert command(capsys, "compile", spec).codes == {"EMIT003"}
    assert command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE).codes == {"EMIT003"}
    assert not (tmp_path / "run").exists()


def test_more_threads_than_cpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write_spec(tmp_path, 4, search={"trial": {"cpus": 999}})
    assert command(capsys, "train", spec, "-o", tmp_path / "run", *INLINE).codes == {"EXE011"}
