"""Runs that a clock cut: what is recorded of it, and that the record replays to the same bytes."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from automl.search.budget import SearchSettings
from automl.search.decisions import read_decisions
from tests.e2e.clocks import SECONDS, watch_by
from tests.e2e.support import asked, command, copy_run, events, files_of, run_inline

MANY = 100_000


def decisions(run: Path) -> Any:
    return json.loads((run / "decisions.json").read_text())


def test_the_cut_is_recorded(cut: Path) -> None:
    result = json.loads((cut / "result.json").read_text())
    settled = len(events(cut, "settled"))
    assert decisions(cut) == [{"kind": "cut", "settled": settled}]
    assert decisions(cut) == json.loads((cut / "package" / "decisions.json").read_text())
    assert result["clock_events"] == 1
    assert result["budget_s"] == SECONDS
    assert 12 < settled < MANY
    assert result["trials"]["ok"] <= settled // 3


def test_it_replays_to_the_same_bytes(cut: Path, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def replay(trials: int | None, **_: Any) -> SearchSettings:
        return SearchSettings(trials=trials, replay=read_decisions(decisions(cut)))

    monkeypatch.setattr("automl.training.SearchSettings", replay)
    run_inline(spec, tmp_path / "again", time_s=SECONDS)
    assert files_of(tmp_path / "again" / "package") == files_of(cut / "package")


def test_another_cut_is_another_package(cut: Path, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The replay above can fail: it hangs on the recorded decisions."""
    other = read_decisions([{"kind": "cut", "settled": 3}])
    settings = partial(SearchSettings, replay=other)
    monkeypatch.setattr("automl.training.SearchSettings", lambda trials, **_: settings(trials=trials))
    run_inline(spec, tmp_path / "again", time_s=SECONDS)
    assert files_of(tmp_path / "again" / "package") != files_of(cut / "package")


def test_verify_replays_the_search(cut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = command(capsys, "verify", cut / "package", "--search")
    assert (ran.code, ran.told["differences"]) == (0, [])
    assert ran.told["replayed"] == len(events(cut, "settled"))


def test_a_resumed_run_keeps_its_cut(cut: Path, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver died right after the cut: there would be time left, but what was decided stands."""
    run = copy_run(cut, tmp_path / "run")
    (run / "result.json").unlink()
    lines = (run / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    decided = next(number for number, line in enumerate(lines) if b'"event":"decision"' in line)
    (run / "ledger.jsonl").write_bytes(b"".join(lines[: decided + 1]))
    watch_by(monkeypatch)
    run_inline(spec, run, time_s=SECONDS, resume=True)
    assert asked(run) == asked(cut)
    assert files_of(run / "package") == files_of(cut / "package")


def test_an_extended_run_goes_on_after_its_cut(
    cut: Path, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the first session with the larger budget was interrupted before it began to search."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    run = copy_run(cut, tmp_path / "run")
    watch_by(monkeypatch)
    more = sum(event["wall_s"] for event in events(run, "spent")) + 2 * SECONDS  # what is spent is spent
    with monkeypatch.context() as patch:
        patch.setattr("automl.driver.opening.open_executor", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_inline(spec, run, time_s=more, resume=True)
    result = run_inline(spec, run, time_s=more, resume=True)
    assert len(asked(run)) > len(asked(cut))
    assert result["clock_events"] == 1
    assert decisions(run)[0]["settled"] > decisions(cut)[0]["settled"]
