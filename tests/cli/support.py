"""Command lines in this process, and the smallest spec and table that they can really be run on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from automl.cli.main import main

SPEC = """\
version: 1
name: tiny
data: {path: t.csv, target: y, positive: "yes"}
validation: {folds: 2}
search: {budget: {trials: 2}, families: [linear]}
run: {executor: inline}
"""
# The row without a target is there for its warning.
TABLE = "a,b,c,y\n" + "".join(f"{i % 7}.5,{(i * i) % 11}.5,{'pqr'[i % 3]},{('no', 'yes')[i % 2]}\n" for i in range(40))
TABLE += "1,1.5,p,\n"


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout; an error where there is more or less."""
        return json.loads(self.out)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """One command line in this process."""
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return Ran(code, told.out, told.err)


def write_tiny(folder: Path) -> Path:
    """A spec and its table in `folder`; the path of the spec."""
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    spec = folder / "tiny.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    return spec


def change(path: Path, old: str, new: str) -> None:
    """One replacement in a text file; an error where there is nothing to replace."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
