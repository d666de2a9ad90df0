"""A time budget: what happens where time is short for the final fits, for Ray, and for a run that was killed."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.driver.finish import Examiner
from automl.driver.reserve import Reserve
from automl.errors import AutomlError
from automl.fit import FitContext, run
from automl.jobs import Job
from automl.planning import load_planned, read_plan
from automl.search.budget import SearchSettings
from automl.search.decisions import read_decisions
from tests.e2e.clocks import SECONDS, watch_by
from tests.e2e.data import write_spec
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
    codes = {warning["code"] for warning in result["warnings"]}
    assert "RUN008" in codes and "RUN006" not in codes, "better ones there were"
    assert result["winner"]["members"][0]["trial"] == 0
    (run / "result.json").unlink()
    again = run_inline(spec, run, time_s=SECONDS, resume=True)
    assert {warning["code"] for warning in again["warnings"]} >= {"RUN008"} and again["digest"] == result["digest"]


def test_an_interval_that_takes_too_long_is_left_out(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """That it is, is recorded: the package is the same for who resumes, and for verify."""
    with pytest.MonkeyPatch.context() as patch:
        watch_by(patch)
        patch.setattr("automl.driver.rehearsal.GUESS_S", 1000.0)
        result = run_inline(spec, tmp_path / "run", time_s=SECONDS)
    assert "RUN012" in {warning["code"] for warning in result["warnings"]}
    assert decisions(tmp_path / "run")[-1] == {"kind": "no_interval"}
    winner = json.loads((tmp_path / "run" / "package" / "winner.json").read_text())
    assert winner["holdout_interval"] is None and winner["winner"]["holdout_score"] == result["holdout_score"]
    ran = command(capsys, "verify", tmp_path / "run" / "package", "--search")
    assert (ran.code, ran.told["differences"]) == (0, [])
    (tmp_path / "run" / "result.json").unlink()
    again = run_inline(spec, tmp_path / "run", time_s=SECONDS, resume=True)
    assert again["digest"] == result["digest"] and again["clock_events"] == result["clock_events"]


SLOW = """import threading


def cost(target, guess):
    threading.Event().wait({seconds})
    return 0.5
"""


def own(folder: Path, name: str, **how: object) -> Path:
    (folder / f"{name}.py").write_text(SLOW.format(**how), encoding="utf-8")
    metric = {"function": f"{name}.cost", "direction": "minimise", "needs": "probability"}
    spec = write_spec(folder, search={"families": ["linear"]})
    spec.write_text(spec.read_text().replace("metric: roc_auc\n", f"metric: {json.dumps(metric)}\n"))
    return spec


@pytest.mark.slow
def test_the_interval_by_a_metric_that_sleeps_is_left_out(tmp_path: Path) -> None:
    """The clock shows it, before the interval begins or while it is computed."""
    spec = own(tmp_path, "own_sleeps", seconds=5.0)
    result = run_on("local", spec, tmp_path / "run", time_s=20.0)
    assert "RUN012" in {warning["code"] for warning in result["warnings"]}
    assert result["holdout_score"] is not None
    assert {"kind": "no_interval"} in decisions(tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["local", "inline"])
def test_a_metric_that_never_answers_ends_a_run_with_a_time_budget(executor: str, tmp_path: Path) -> None:
    spec = own(tmp_path, f"own_hangs_{executor}", seconds=3600)
    with pytest.raises(AutomlError) as raised:
        run_on(executor, spec, tmp_path / "run", time_s=5.0)
    (told,) = raised.value.diagnostics
    assert told.code == "SEA004" and f"own_hangs_{executor}.cost" in told.message


def test_the_interval_ends_when_its_time_is_over(cut: Path) -> None:
    planned = load_planned(read_plan(cut / "plan.json"), (cut.parent / "shop.csv",))
    examiner = Examiner(FitContext(planned.plan, planned.dataset))
    prediction = np.full((examiner.rows, 2), 0.5)
    assert examiner.spread(prediction, None, math.inf) == (0.5, 0.5)
    with pytest.raises(TimeoutError):
        examiner.spread(prediction, None, 0.0)
