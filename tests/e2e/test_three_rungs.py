"""Whole runs whose trials race over a sample, one fold, the other folds: one package whatever the machine does."""

from __future__ import annotations

import csv
from importlib import import_module
from pathlib import Path

import pytest

from automl.planning import read_plan
from tests.e2e.data import write_spec
from tests.e2e.delays import delayed_run
from tests.e2e.support import events, run_inline, run_on
from tests.e2e.test_same_winner import check_same

TRIALS = 25


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small table, planned as if it were large and its fits were long."""
    constants = import_module("automl.compiler.lay_out_rungs")
    for name, value in (("LEAST_ROWS", 60), ("LONG_S", 0.0), ("SAVES", 1)):
        monkeypatch.setattr(constants, name, value)
    return write_spec(tmp_path, TRIALS)


@pytest.mark.slow
def test_inline_and_local_workers_give_one_package(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_inline(spec, tmp_path / "inline")
    monkeypatch.setattr("automl.driver.opening.run", delayed_run)
    run_on("local", spec, tmp_path / "local", workers=3)
    check_same(tmp_path / "local", tmp_path / "inline")
    settled = [(e["trial"], e["rung"], e["fold"], e.get("closed")) for e in events(tmp_path / "inline", "settled")]
    assert settled == [
        (e["trial"], e["rung"], e["fold"], e.get("closed")) for e in events(tmp_path / "local", "settled")
    ]
    counts = [sum(rung == which for _, rung, _, _ in settled) for which in range(3)]
    assert counts[0] > counts[1] > 1 and counts[2] > 2


@pytest.mark.slow
def test_a_run_is_continued_in_the_middle_of_its_rungs(spec: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    run_inline(spec, whole)
    lines = (whole / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    run_inline(spec, tmp_path / "part", trials=2)
    (tmp_path / "part" / "ledger.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]))
    (tmp_path / "part" / "result.json").unlink()
    run_inline(spec, tmp_path / "part", resume=True)
    check_same(tmp_path / "part", whole)


@pytest.mark.slow
def test_the_leaderboard_shows_whole_folds(spec: Path, tmp_path: Path) -> None:
    run_inline(spec, tmp_path / "run", trials=12)
    plan = read_plan(tmp_path / "run" / "plan.json")
    assert [rung.whole for rung in plan.rungs] == [False, True, True]
    with (tmp_path / "run" / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["outcome"] == "ok"]
    assert len(rows) > 2
    for row in rows:
        folds = [float(row[f"fold_{number}"]) for number in (1, 2, 3)]
        assert sum(folds) / 3 == pytest.approx(float(row["roc_auc"]))
