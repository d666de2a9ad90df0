"""Every wrong spec of tests/specs_invalid: the codes and places in its .expected, written by hand, and its whole text.

A spec whose first line is `# data: TABLE` needs the names of that table too. `AUTOML_UPDATE_SNAPSHOTS=1` rewrites the
.txt snapshots, never the .expected files.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automl.errors import AutomlError, Diagnostic
from automl.spec.check import check_spec
from automl.spec.check_names import check_names
from automl.spec.codes import CODES
from automl.spec.load import load_spec

FOLDER = Path(__file__).parent.parent / "specs_invalid"
SPECS = sorted(FOLDER.glob("*.yaml"))
FIELDS = ["severity", "code", "message", "file", "line", "column", "hint"]


def findings(path: Path) -> list[Diagnostic]:
    first = path.read_bytes().split(b"\n")[0].decode(errors="replace")
    try:
        loaded = load_spec(path)
    except AutomlError as problem:
        return problem.diagnostics
    found = check_spec(loaded)
    assert first.startswith("# data: "), "a wrong spec was loaded without an error"
    table = FOLDER / first.removeprefix("# data: ")
    return found + check_names(loaded, table.read_text().splitlines()[0].split(","))


def in_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    """The findings, with the file named as it stands in its folder."""
    monkeypatch.chdir(FOLDER)
    return findings(Path(path.name))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_places(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [f"{d.code} {d.line} {d.column}" for d in in_folder(path, monkeypatch)]
    assert found == path.with_suffix(".expected").read_text().splitlines()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_text(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(d.as_text() for d in in_folder(path, monkeypatch)) + "\n"
    snapshot = path.with_suffix(".txt")
    if os.environ.get("AUTOML_UPDATE_SNAPSHOTS") == "1":
        snapshot.write_text(text, encoding="utf-8")
    assert text == snapshot.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_shape(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for diagnostic in in_folder(path, monkeypatch):
        assert list(diagnostic.as_json()) == FIELDS
        assert diagnostic.code in CODES
        assert diagnostic.file == path.name
        assert diagnostic.message and diagnostic.message[-1] != "."


def test_there_are_enough_and_each_has_its_files() -> None:
    assert len(SPECS) >= 125
    tried = {line.split()[0] for path in SPECS for line in path.with_suffix(".expected").read_text().splitlines()}
    assert {code for code in CODES if code.startswith("SPEC")} - tried == {"SPEC001", "SPEC002"}, "no file, no text"
    for path in SPECS:
        assert path.with_suffix(".expected").is_file() and path.with_suffix(".txt").is_file()


def test_the_picture_of_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = in_folder(FOLDER / "01_unknown_key.yaml", monkeypatch)
    assert found.as_text().splitlines() == [
        "01_unknown_key.yaml:7:3: error[SPEC014] unknown key 'ignor' under data",
        "    7 |   ignor: [customerID]",
        "      |   ^^^^^ did you mean 'ignore'?",
    ]
