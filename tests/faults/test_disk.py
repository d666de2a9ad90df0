"""A disk that is full while the ledger is written: a clear line, and the run goes on once there is room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.support import ROOT, ledger, run_inline, run_on
from tests.e2e.test_same_winner import check_same
from tests.faults.driver import FILES
from tests.faults.support import Faulty, needs_namespaces

pytestmark = pytest.mark.slow
LINE = "cannot write {ledger}: {why}"


def check_told(out: str, run: Path, why: str) -> None:
    """The one diagnostic of a run that could not write its ledger."""
    told = json.loads(out)["diagnostics"]
    assert [found["code"] for found in told] == ["LED005"]
    assert told[0]["message"] == LINE.format(ledger=run / "ledger.jsonl", why=why)
    assert "--resume" in told[0]["hint"]


def test_a_file_that_may_not_grow(tmp_path: Path, spec: Path, drivers: list[Faulty]) -> None:
    """As a quota does it: EFBIG, after a part of a line."""
    run = tmp_path / "run"
    drivers.append(Faulty(run, [str(spec), "--executor", "local", "--workers", "2"], world={FILES: "12000"}).start())
    code, out, err = drivers[0].end()
    assert code == 1, err
    assert "Traceback" not in err
    check_told(out, run, os.strerror(27))
    drivers[0].check_gone()
    written = (run / "ledger.jsonl").read_bytes()
    assert len(written) == 12000
    assert ledger(run).torn == len(written) - written.rindex(b"\n") - 1  # nothing, where a line happens to end there
    run_on("local", spec, run, resume=True)
    run_inline(spec, tmp_path / "plain")
    check_same(run, tmp_path / "plain")


@needs_namespaces
@pytest.mark.parametrize("full", ["ledger", "package"])
def test_a_full_disk(full: str, tmp_path: Path, spec: Path) -> None:
    """A disk of its own, which is full while the ledger or the package is written, and gets larger after that."""
    run_inline(spec, tmp_path / "plain")
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    train = f"{sys.executable} -m tests.faults.driver nowhere {tmp_path}/mark train {spec} -o {disk}/run"
    train += " --executor local --workers 2 --format json"
    lines = [
        f"mount -t tmpfs -o size={_room(tmp_path / 'plain', full)} none {disk}",
        f"{train} > {tmp_path}/first; echo $? > {tmp_path}/code; ls -A {disk}/run > {tmp_path}/files",
        f"mount -o remount,size=64m {disk}",
        f"{train} --resume > {tmp_path}/second || exit 1",
        f"cp -r {disk}/run {kept}",
    ]
    ran = subprocess.run(["unshare", "-m", "sh", "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "code").read_text() == "1\n"
    assert "Traceback" not in ran.stderr
    files = (tmp_path / "files").read_text().split()
    assert "package" not in files and not any(name.startswith(".") for name in files)
    first = (tmp_path / "first").read_text()
    if full == "ledger":
        check_told(first, disk / "run", os.strerror(28))
    else:
        (found,) = json.loads(first)["diagnostics"]
        assert found["code"] == "CLI005" and found["message"].startswith(f"{disk}/run/package/")
        assert "make room" in found["hint"]
    check_same(kept, tmp_path / "plain")


def _room(plain: Path, full: str) -> int:
    """Bytes of a disk that is full in the middle of writing the ledger, or the package."""

    def pages(*paths: Path) -> int:
        return 4096 * sum(-(-path.stat().st_size // 4096) for path in paths if path.is_file())

    before = pages(plain / "plan.json", plain / "automl.lock")
    if full == "ledger":
        return before + 16 * 1024  # for folders, and a part of it
    return before + 2 * pages(plain / "ledger.jsonl") + pages(*(plain / "package").rglob("*")) // 2
