"""A time budget: what happens where time is short for the final fits, for Ray, and for a run that was killed."""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from automl.driver.reserve import Reserve
from automl.fit import FitContext, run
from automl.jobs import Job
from automl.search.budget import SearchSettings
from automl.search.decisions import read_decisions
from tests.e2e.clocks import SECONDS, watch_by
from tests.e2e.support import PATIENCE_S, command, copy_run, events, files_of, run_inline, run_on
from tests.e2e.test_clock import decisions


@pytest.mark.slow
@pytest.mark.parametrize("left", [0.0, 0.3])
def test_a_winner_that_cannot_be_fitted_in_time_is_passed_over(
    left: float, cut: Path, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0: its forecast says so; 0.3 s: it turns out. What is taken instead is recorded, and replays."""
    slow = json.loads((cut / "result.json").read_text())["winner"]["members"][0]["candidate"]

    def run_slowly(context: FitContext, job: Job) -> object:
        if job.keep and job.candidate == slow:
            time.sleep(600)
        return run(context, job)

    with pytest.MonkeyPatch.context() as patch:
        watch_by(patch)
        patch.setattr("automl.driver.opening.run", run_slowly)
        patch.setattr(Reserve, "left_for", lambda _, trial: left if trial.candidate == slow else 100.0)
        result = run_inline(spec, tmp_path / "run", time_s=SECONDS)
    winner = result["winner"]["members"][0]
    assert winner["candidate"] != slow
    assert "RUN008" in {warning["code"] for warning in result["warnings"]}
    assert [decision["kind"] for decision in decisions(tmp_path / "run")] == ["cut", "chosen"]
    assert decisions(tmp_path / "run")[1]["trial"] == winner["trial"]
    assert [event["kind"] for event in events(tmp_path / "run", "decision")] == ["cut", "chosen"]
    lines = (tmp_path / "run" / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    killed = copy_run(tmp_path / "run", tmp_path / "killed")
    (killed / "result.json").unlink()
    said = next(at for at, line in enumerate(lines) if b'"kind":"chosen"' in line)
    (killed / "ledger.jsonl").write_bytes(b"".join(lines[: said + 1]))
    assert run_inline(spec, killed, time_s=SECONDS, resume=True)["digest"] == result["digest"]
    ran = command(capsys, "verify", tmp_path / "run" / "package", "--search")
    assert (ran.code, ran.told["differences"]) == (0, [])

    def replay(trials: int | None, **_: Any) -> SearchSettings:
        return SearchSettings(trials=trials, replay=read_decisions(decisions(tmp_path / "run")))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("automl.training.SearchSettings", replay)
        run_inline(spec, tmp_path / "again", time_s=SECONDS)
    assert files_of(tmp_path / "again" / "package") == files_of(tmp_path / "run" / "package")


def test_a_ray_that_is_not_there_in_time_is_replaced(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes of this machine fit the baseline, at least; nothing waits for Ray, which is ended once it is there."""
    over, ended = threading.Event(), threading.Event()

    class Session:
        def close(self) -> None:
            ended.set()

    def start_ray(*_: object) -> Session:
        over.wait()
        return Session()

    monkeypatch.setattr("automl.executors.session.start_ray", start_ray)
    result = run_on("ray", spec, tmp_path / "run", time_s=1.5)
    assert not ended.is_set()
    over.set()
    assert ended.wait(PATIENCE_S)
    assert "RUN009" in {warning["code"] for warning in result["warnings"]}
    assert (tmp_path / "run" / "package" / "manifest.json").is_file()


@pytest.mark.parametrize(("killed_s", "charged_s"), [(0.25, 0.25), (100.0, SECONDS)])
def test_a_killed_session_has_spent_its_time(
    killed_s: float, charged_s: float, cut: Path, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not say so: it is charged from its start to the last line of its ledger, and its winner stays."""
    run = copy_run(cut, tmp_path / "run")
    (run / "result.json").unlink()
    ledger = run / "ledger.jsonl"
    lines = [line for line in ledger.read_bytes().splitlines(keepends=True) if b'"event":"spent"' not in line]
    ledger.write_bytes(b"".join(lines))
    began = datetime.fromisoformat(json.loads(lines[0])["started"]).timestamp()
    os.utime(ledger, (began + killed_s, began + killed_s))
    watch_by(monkeypatch)
    monkeypatch.setattr(Reserve, "left_for", lambda *_: 0.0)  # of a first session
    run_inline(spec, run, time_s=SECONDS, resume=True)
    assert events(run, "spent")[0]["wall_s"] == pytest.approx(charged_s, abs=0.002)
    assert len(events(run, "spent")) == 2
    assert files_of(run / "package") == files_of(cut / "package")


def test_a_session_that_goes_on_with_the_search_holds_the_time(
    cut: Path, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed long before its end; only what was cut before is finished however late it is."""
    run = copy_run(cut, tmp_path / "run")
    (run / "result.json").unlink()
    ledger = run / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:12]))
    began = datetime.fromisoformat(json.loads(lines[0])["started"]).timestamp()
    os.utime(ledger, (began, began))
    watch_by(monkeypatch)
    monkeypatch.setattr(Reserve, "left_for", lambda *_: 0.0)
    result = run_inline(spec, run, time_s=SECONDS, resume=True)
    assert "RUN008" in {warning["code"] for warning in result["warnings"]}
    assert result["winner"]["members"][0]["trial"] == 0
