"""What `automl train` does with a folder that holds a run already."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from automl.errors import AutomlError
from tests.e2e.data import write_spec
from tests.e2e.support import command, copy_run, events, files_of, ledger, run_inline
from tests.e2e.test_same_winner import check_same


def test_resume_starts_in_an_empty_folder(spec: Path, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    run_inline(spec, tmp_path / "run", resume=True)
    check_same(tmp_path / "run", finished)


def test_a_finished_run_is_returned_without_work(
    spec: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copy_run(finished, tmp_path / "run")
    before = files_of(run)
    monkeypatch.setattr("automl.training.run_search", None)
    monkeypatch.setattr("automl.driver.opening.open_executor", None)
    result = run_inline(spec, run, resume=True)
    places = {"run": str(run), "package": str(run / "package")}  # where they are now: it was copied
    assert result == {**json.loads((finished / "result.json").read_text()), **places}
    assert files_of(run) == before


def test_a_smaller_budget_is_no_more_work(spec: Path, finished: Path, tmp_path: Path) -> None:
    run = copy_run(finished, tmp_path / "run")
    assert sum(run_inline(spec, run, trials=5, resume=True)["trials"].values()) == 15


def test_an_extended_run_is_the_longer_run(spec: Path, finished: Path, tmp_path: Path) -> None:
    """The spec's own budget is 15 trials: six, then all."""
    run_inline(spec, tmp_path / "run", trials=6)
    shorter = files_of(tmp_path / "run" / "package")
    known = len(events(tmp_path / "run", "finished"))
    run_inline(spec, tmp_path / "run", resume=True)
    check_same(tmp_path / "run", finished)
    assert files_of(tmp_path / "run" / "package") != shorter
    keys = [event["key"] for event in events(tmp_path / "run", "finished")]
    assert 6 < known <= 18
    assert len(keys) == len(set(keys)), "nothing is fitted twice"
    assert known < len(keys) <= len(events(finished, "finished")) + 1


def test_an_extended_run_survives_a_driver_that_dies_before_it_begins(
    spec: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second session notes its larger budget and dies; the third one has the same budget, and still must search."""
    run_inline(spec, tmp_path / "run", trials=6)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("automl.training.run_search", die)
        with pytest.raises(KeyboardInterrupt):
            run_inline(spec, tmp_path / "run", resume=True)
    run_inline(spec, tmp_path / "run", resume=True)
    check_same(tmp_path / "run", finished)


class TestRefused:
    def test_without_resume_or_overwrite(self, spec: Path, finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before = files_of(finished)
        ran = command(capsys, "train", spec, "-o", finished, "--executor", "inline")
        assert (ran.code, ran.codes) == (1, {"RUN001"})
        assert files_of(finished) == before

    def test_another_spec_in_the_folder(
        self, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = write_spec(tmp_path, search={"seed": 1})
        before = files_of(finished)
        ran = command(capsys, "train", other, "-o", finished, "--executor", "inline", "--resume")
        assert (ran.code, ran.codes) == (1, {"LED004"})
        assert files_of(finished) == before

    def test_a_changed_ledger(
        self, spec: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = copy_run(finished, tmp_path / "run")
        lines = (run / "ledger.jsonl").read_bytes().splitlines(keepends=True)
        lines[9] = lines[9].replace(b'"trial":', b'"trial": ', 1)
        (run / "ledger.jsonl").write_bytes(b"".join(lines))
        ran = command(capsys, "train", spec, "-o", run, "--executor", "inline", "--resume")
        assert (ran.code, ran.codes) == (1, {"LED003"})
        assert "line 10 " in ran.told["diagnostics"][0]["message"]
        assert "--overwrite starts anew" in ran.told["diagnostics"][0]["hint"]
        ran = command(capsys, "train", spec, "-o", run, "--executor", "inline", "--trials", "1", "--overwrite")
        assert ran.code == 0

    def test_a_package_without_its_run(
        self, spec: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copytree(finished / "package", tmp_path / "run" / "package")
        ran = command(capsys, "train", spec, "-o", tmp_path / "run", "--executor", "inline")
        assert (ran.code, ran.codes) == (1, {"RUN002"})


def test_overwrite_starts_anew_and_keeps_what_is_not_the_runs(spec: Path, finished: Path, tmp_path: Path) -> None:
    run = copy_run(finished, tmp_path / "run")
    (run / "notes.txt").write_text("mine")
    run_inline(spec, run, trials=4, overwrite=True)
    assert len(events(run, "asked")) == 4
    assert not events(run, "session")
    assert (run / "notes.txt").read_text() == "mine"
    assert ledger(run).header["budget"] == {"trials": 4, "time_s": None}


@pytest.mark.parametrize("text", ["[]", "{", '{"ok": true}'])
def test_a_result_that_cannot_be_read_is_made_anew(text: str, spec: Path, finished: Path, tmp_path: Path) -> None:
    run = copy_run(finished, tmp_path / "run")
    before = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(text)
    assert run_inline(spec, run, resume=True)["digest"] == before["digest"]


def test_overwrite_spares_a_package_that_is_none(spec: Path, tmp_path: Path) -> None:
    mine = tmp_path / "run" / "package" / "mine"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(AutomlError, match="RUN002"):
        run_inline(spec, tmp_path / "run", overwrite=True)
    assert mine.read_text() == "mine"
