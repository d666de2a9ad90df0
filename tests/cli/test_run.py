"""One real run, and every command that looks at it afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.cli.main import main
from automl.errors import error
from automl.executors import EXECUTORS
from tests.cli.fakes import raiser
from tests.cli.support import run, write_tiny


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has ended; the spec and its table lie beside it."""
    folder = tmp_path_factory.mktemp("tiny")
    assert main(["train", str(write_tiny(folder)), "-o", str(folder / "run"), "-q", "--format", "json"]) == 0
    return folder / "run"


def test_a_finished_run_is_returned_and_not_run_again(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    spec, ledger = finished.with_name("tiny.yaml"), (finished / "ledger.jsonl").read_bytes()
    again = run(capsys, "train", spec, "-o", finished, "--resume", "--format", "json")
    assert (again.code, again.json) == (0, json.loads((finished / "result.json").read_text()))
    assert (finished / "ledger.jsonl").read_bytes() == ledger
    refused = run(capsys, "train", spec, "-o", finished)
    assert refused.code == 1 and "RUN001" in refused.err and "--resume" in refused.err


def artifact_of(run: Path) -> Path:
    """A file of the package that holds numbers."""
    return next(file for file in sorted((run / "package").rglob("artifacts/*")) if file.is_file())


def flip(file: Path) -> None:
    """Change one byte."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no package": lambda found: shutil.rmtree(found / "package"),
    "a byte of it changed": lambda found: flip(artifact_of(found)),
    "no manifest": lambda found: (found / "package" / "manifest.json").unlink(),
    "another manifest": lambda found: (found / "package" / "manifest.json").write_text("{}"),
    "half a result": lambda found: (found / "result.json").write_text('{"digest": 1, "metric": 2}'),
}


EVERYDAY = ("no package", "half a result")


@pytest.mark.parametrize(
    "damage", [name if name in EVERYDAY else pytest.param(name, marks=pytest.mark.slow) for name in DAMAGES]
)
def test_a_run_whose_end_is_damaged_is_ended_anew(
    damage: str, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "run"
    shutil.copytree(finished, found)
    DAMAGES[damage](found)
    seen = run(capsys, "status", found)
    assert "--resume` makes it anew" in (seen.err if damage == "half a result" else seen.out)
    fits = (found / "ledger.jsonl").read_text().count('"event":"finished"')
    again = run(capsys, "train", finished.with_name("tiny.yaml"), "-o", found, "--resume", "--format", "json")
    assert again.code == 0 and "RUN011" in again.err
    assert again.json["digest"] == json.loads((finished / "result.json").read_text())["digest"]
    assert artifact_of(found).read_bytes() == artifact_of(finished).read_bytes()
    assert (found / "ledger.jsonl").read_text().count('"event":"finished"') == fits, (
        "no fit of the search is done again"
    )
    assert run(capsys, "status", found, "--format", "json").json["damage"] is None


def test_a_person_is_told_the_result(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "train", finished.with_name("tiny.yaml"), "-o", finished, "--resume").out
    result = json.loads((finished / "result.json").read_text())
    for part in (result["winner"]["members"][0]["candidate"], "2 ok", result["digest"], f"{finished / 'package'}"):
        assert part in text, part


def test_status(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "status", finished, "--format", "json").json
    assert (found["state"], found["trials"], found["remaining"], found["open"]) == ("finished", {"ok": 2}, 0, [])
    assert found["executor"] == "inline" and found["fits"] == 4


def test_predict(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.csv"
    ran = run(capsys, "predict", finished / "package", finished.with_name("t.csv"), "-o", out)
    assert (ran.code, ran.out, ran.err) == (0, "", "tiny: 41 rows\n")
    lines = out.read_text().splitlines()
    assert lines[0] == "prediction,probability_no,probability_yes" and len(lines) == 1 + 41
    found = run(capsys, "predict", finished / "package", finished.with_name("t.csv"), "-o", out, "--format", "json")
    assert found.json["message"] == "tiny: 41 rows"


def test_verify_says_that_it_is_the_same(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "verify", finished / "package", "--search", "--format", "json")
    assert ran.code == 0 and ran.json["ok"] is True
    assert (ran.json["differences"], ran.json["rows"], ran.json["replayed"]) == ([], 40, 4)


def test_verify_says_what_differs(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = finished / "package" / "README.md"
    before = card.read_bytes()
    card.write_bytes(before + b"\n")
    try:
        ran = run(capsys, "verify", finished / "package")
    finally:
        card.write_bytes(before)
    assert ran.code == 6 and "README.md: its sha256 is not the manifest's" in ran.out
    assert f"they part at byte {len(before)}" in ran.out


def test_the_command_line_offers_the_executors_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "train", "--help").out.replace("\n", " ")
    assert "--executor {" + ",".join(sorted(EXECUTORS, reverse=True)) + "}" in told


def test_a_run_that_could_not_start_is_none(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one with a wrong address: the command put right needs neither --resume nor --overwrite."""
    spec, out = finished.with_name("tiny.yaml"), tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr("automl.driver.opening.open_executor", raiser(error("EXE010", "no cluster there")))
        assert "EXE010" in run(capsys, "train", spec, "-o", out).err
    assert (out / "ledger.jsonl").exists()
    ran = run(capsys, "train", spec, "-o", out, "--format", "json")
    assert ran.code == 0 and ran.json["digest"] == json.loads((finished / "result.json").read_text())["digest"]
    assert (out / "ledger.jsonl").read_text().count('"event":"spent"') == 1, "a ledger of its own"


def test_a_file_that_is_no_ledger_is_not_taken_for_nothing(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ledger.jsonl").write_text("my own accounts\n")
    assert "RUN001" in run(capsys, "train", finished.with_name("tiny.yaml"), "-o", tmp_path).err
    assert (tmp_path / "ledger.jsonl").read_text() == "my own accounts\n"
