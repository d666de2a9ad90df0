from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.support import run

PACKAGE = """
import os, signal, sys
command, data, dash, out = sys.argv[1:]
assert (command, dash) == ("predict", "-o")
if data == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if data == "bad":
    sys.exit(print("row 3: age: expected a number", file=sys.stderr) or 1)
import helper
open(out, "w").write(helper.__file__)
print("2 rows")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = tmp_path / "package" / "src" / "tiny"
    source.mkdir(parents=True)
    (source / "__main__.py").write_text(PACKAGE)
    (source / "__init__.py").write_text("")
    (source.parent / "helper.py").write_text("")
    (tmp_path / "package" / "manifest.json").write_text("{}")
    (tmp_path / "helper.py").write_text("raise SystemExit('a stray file was run')")
    monkeypatch.chdir(tmp_path)
    return Path("package")


def test_runs_the_packages_own_code(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "predict", package, "d.csv", "-o", "out.csv")
    assert (ran.code, ran.out, ran.err) == (0, "2 rows\n", "")
    assert Path("out.csv").read_text() == str((package / "src" / "helper.py").resolve())
    assert not list(package.rglob("__pycache__"))
    found = run(capsys, "predict", package, "d.csv", "-o", "out.csv", "--format", "json").json
    assert found == {"ok": True, "package": "package", "output": "out.csv", "message": "2 rows"}


def test_exit_code_and_message_pass_through(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "predict", package, "bad", "-o", "out.csv")
    assert (ran.code, ran.out, ran.err) == (1, "", "row 3: age: expected a number\n")
    found = run(capsys, "predict", package, "bad", "-o", "out.csv", "--format", "json").json
    assert found["diagnostics"][0]["message"] == "row 3: age: expected a number"


def test_a_killed_package_is_told(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "predict", package, "killed", "-o", "out.csv")
    assert ran.code == 3 and "signal 9" in ran.err


def test_what_is_no_package_is_the_users_mistake(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "predict", "absent", "d.csv", "-o", "out.csv").code == 1
    (package / "manifest.json").unlink()
    ran = run(capsys, "predict", package, "d.csv", "-o", "out.csv")
    assert ran.code == 1 and "CLI011" in ran.err
