from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from automl.report.history import trials_of
from automl.report.write import write_report
from automl.search.ledger import Ledger, read_ledger
from tests.cli.fakes import RESULT
from tests.cli.support import run
from tests.report.sample import plan

PARAMS = {"model.C": 1.0}


def finished(trial: int, fold: int, score: float | None, path: tuple[tuple[int, float], ...] = ()) -> Mapping[str, Any]:
    outcome, error = ("failed", "ValueError: no") if score is None else ("ok", None)
    measured = {"wall_s": 0.5, "cpu_s": 0.5, "peak_bytes": 2**20, "worker": "w", "retried": 0, "crashed": False}
    told = {"outcome": outcome, "score": score, "path": path, "error": error}
    return {"trial": trial, "rung": min(fold, 1), "fold": fold, "key": f"{trial}/{fold}", **told, **measured}


def settled(trial: int, fold: int, **closed: object) -> Mapping[str, Any]:
    line = {"trial": trial, "rung": min(fold, 1), "fold": fold, "outcome": "ok"}
    return {**line, "closed": closed} if closed else line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stopped run: trial 0, 1 and 3 are scored, 2 failed, 4 is under way."""
    (tmp_path / "plan.json").write_text(plan().model_dump_json(), encoding="utf-8")
    ledger = Ledger.create(tmp_path / "ledger.jsonl", {"search": plan().search_digest, "executor": "inline"})
    for trial, candidate in enumerate(["constant", "linear", "linear", "linear", "linear"]):
        params = {} if trial == 0 else {"model.C": float(trial)}
        ledger.note("asked", {"trial": trial, "candidate": candidate, "params": params})
    for fold in (2, 0, 1):  # as they arrive
        ledger.note("finished", finished(0, fold, 0.5))
        for trial in (1, 3):
            ledger.note("finished", finished(trial, fold, 0.8, ((5, 0.9 + fold / 100), (10, 0.8))))
    ledger.note("finished", finished(2, 0, None))
    ledger.note("settled", settled(0, 0))
    ledger.note("settled", settled(0, 2, outcome="ok", score=0.5, rounds=None))
    ledger.note("settled", settled(1, 2, outcome="ok", score=0.91, rounds=5))
    ledger.note("settled", settled(2, 0, outcome="failed", score=None, rounds=None))
    ledger.note("settled", settled(3, 2, outcome="ok", score=0.91, rounds=5))
    ledger.note("finished", finished(4, 0, 0.7))
    ledger.close()
    return tmp_path


def test_rows_of_a_ledger(folder: Path) -> None:
    rows = trials_of(read_ledger(folder / "ledger.jsonl").events)
    assert [row.outcome for row in rows] == ["ok", "ok", "failed", "ok", "open"]
    assert rows[1].folds == (0.9, 0.91, 0.92) and rows[1].rounds == 5 and rows[1].wall_s == 1.5
    assert rows[0].folds == (0.5, 0.5, 0.5) and rows[2].error == "ValueError: no" and rows[4].score is None
    assert [row.rung for row in rows] == [1, 1, 0, 1, None]


def test_stopped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "status", folder, "--format", "json").json
    assert found["state"] == "stopped" and found["trials"] == {"failed": 1, "ok": 3} and found["fits"] == 11
    assert found["best"] == {"trial": 1, "candidate": "linear", "score": 0.91, "rounds": 5, "params": PARAMS}
    assert found["open"] == [{"trial": 4, "candidate": "linear"}]
    assert found["remaining"] == 6 and found["result"] is None
    text = run(capsys, "status", folder).out
    for part in ("stopped", "3 ok", "roc_auc 0.91 (trial 1, linear)", "trial 4, linear", "6 trials, then", "--resume"):
        assert part in text


def test_running_while_a_driver_holds_the_ledger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger.open(folder / "ledger.jsonl")
    try:
        assert run(capsys, "status", folder, "--format", "json").json["state"] == "running"
    finally:
        ledger.close()
    Ledger.open(folder / "ledger.jsonl").close()  # asking for the state has left nothing locked


def test_finished(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "result.json").write_text(json.dumps(RESULT))
    found = run(capsys, "status", folder, "--format", "json").json
    assert found["state"] == "finished" and found["result"] == RESULT
    assert "runs/tiny/package" in run(capsys, "status", folder).out
    (folder / "result.json").write_text("{")
    assert run(capsys, "status", folder).code == 1


def test_a_cut_leaves_no_trials_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger.open(folder / "ledger.jsonl")
    ledger.note("decision", {"kind": "cut", "settled": 9})
    ledger.close()
    assert run(capsys, "status", folder, "--format", "json").json["remaining"] == 0
    ledger = Ledger.open(folder / "ledger.jsonl")
    ledger.note("decision", {"kind": "extended", "settled": 9})
    ledger.close()
    assert run(capsys, "status", folder, "--format", "json").json["remaining"] == 6


def test_what_is_no_run_is_the_users_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "status", folder / "absent").code == 1
    content = (folder / "ledger.jsonl").read_bytes()
    (folder / "ledger.jsonl").write_bytes(content.replace(b'"linear"', b'"lineas"', 1))
    assert "LED003" in run(capsys, "status", folder).err
    (folder / "ledger.jsonl").write_bytes(content + b'{"torn')
    assert run(capsys, "status", folder).code == 0
    (folder / "plan.json").unlink()
    assert run(capsys, "status", folder).code == 1


def test_the_report_is_a_function_of_ledger_plan_and_result(folder: Path) -> None:
    events = read_ledger(folder / "ledger.jsonl").events
    write_report(folder, plan(), events, RESULT)
    first = {name: (folder / name).read_bytes() for name in ("leaderboard.csv", "report.html")}
    write_report(folder, plan(), events, RESULT)
    assert first == {name: (folder / name).read_bytes() for name in first}
    assert first["leaderboard.csv"].startswith(
        b"rank,trial,candidate,outcome,roc_auc,fold_1,fold_2,fold_3,rounds,wall_s"
    )
    assert not list(folder.glob(".*"))


def test_a_winner_that_was_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Until a later session, with another budget or other criteria, takes the run up again."""
    criteria = [{"criterion": "roc_auc at least 0.99", "met": False, "measured": "0.91"}]
    ledger = Ledger.open(folder / "ledger.jsonl")
    ledger.note("refused", {"trial": 1, "candidate": "linear", "holdout_score": 0.91, "criteria": criteria})
    ledger.note("spent", {"wall_s": 1.0})
    ledger.close()
    found = run(capsys, "status", folder, "--format", "json").json
    assert found["state"] == "refused" and found["refused"]["criteria"] == criteria
    text = run(capsys, "status", folder).out
    assert "roc_auc at least 0.99: missed, it is 0.91" in text and "other criteria goes on" in text
    ledger = Ledger.open(folder / "ledger.jsonl")
    ledger.note("session", {})
    ledger.close()
    assert run(capsys, "status", folder, "--format", "json").json["state"] == "stopped"


def test_the_budget_is_that_of_the_last_session(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger.open(folder / "ledger.jsonl")
    ledger.note("session", {"executor": "local", "budget": {"trials": 40, "time_s": None}})
    ledger.close()
    found = run(capsys, "status", folder, "--format", "json").json
    assert found["budget"] == {"trials": 40, "time_s": None} and found["remaining"] == 36
    assert found["executor"] == "local"
