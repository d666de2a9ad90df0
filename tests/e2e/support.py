"""Whole runs for tests: in this process, or as a driver process that can be killed."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from automl.cli.main import main
from automl.driver.folder import LEDGER
from automl.driver.options import TrainOptions
from automl.report.leaderboard import MEASURED
from automl.search.ledger import LedgerView, read_ledger
from automl.training import train
from tests.e2e.delays import HELD, HOLDS, VARIABLE

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240.0
GONE_S = 60.0  # until Ray's processes have seen that their driver is gone


def run_inline(spec: Path, out: Path, **options: Any) -> dict[str, Any]:
    """`train` in this process, one fit at a time. Returns result.json."""
    return run_on("inline", spec, out, **options)


def run_on(executor: str, spec: Path, out: Path, **options: Any) -> dict[str, Any]:
    """`train` in this process. Returns result.json."""
    return train(TrainOptions(source=spec, out=out, executor=executor, **options), lambda _event: None)


@dataclass(frozen=True)
class Ran:
    """What a command line came to: its exit code, and the object on its stdout."""

    code: int
    told: dict[str, Any]

    @property
    def codes(self) -> set[str]:
        """The codes of its diagnostics."""
        return {found["code"] for found in self.told.get("diagnostics", ())}


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """One command line in this process, answered in JSON."""
    capsys.readouterr()
    code = main([*(str(argument) for argument in arguments), "--format", "json"])
    return Ran(code, json.loads(capsys.readouterr().out))


def ledger(run: Path) -> LedgerView:
    """The ledger of a run: every line's hash is checked."""
    return read_ledger(run / "ledger.jsonl")


def events(run: Path, kind: str) -> list[dict[str, Any]]:
    """The lines of one kind, in order."""
    return [dict(event) for event in ledger(run).events if event["event"] == kind]


def asked(run: Path) -> list[tuple[str, dict[str, Any]]]:
    """What was tried, in order."""
    return [(event["candidate"], event["params"]) for event in events(run, "asked")]


def settled(run: Path) -> list[dict[str, Any]]:
    """What is settled, in order: units, how they ended, and the scores of the trials that ended with them.

    Of what holds for one budget only, what holds for the last one.
    """
    lines = events(run, "settled")
    last = max((line.get("trials", 0) for line in lines), default=0)
    return [line for line in lines if line.get("trials", last) == last]


def leaderboard(run: Path) -> list[dict[str, str]]:
    """leaderboard.csv without what is measured."""
    with (run / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: cell for name, cell in row.items() if name not in MEASURED or name == "rounds"} for row in rows]


def files_of(package: Path) -> dict[str, bytes]:
    """Every file of a package. Equal digests must mean equal files."""
    return {str(path.relative_to(package)): path.read_bytes() for path in package.rglob("*") if path.is_file()}


def copy_run(run: Path, place: Path) -> Path:
    """A copy of a run's folder, to be changed."""
    shutil.copytree(run, place)
    return place


def until(met: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait for something that must happen; fails after a time in which it happens on any machine."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
        time.sleep(0.005)


@dataclass
class Driver:
    """An `automl train` process of its own (tests/e2e/driver.py), with slow fits, that can stop at a point.

    `held`: its fits can be told to stay (tests/e2e/delays.py).
    """

    run: Path
    arguments: list[str]
    point: str = "nowhere"
    delay_s: float = 0.04
    held: bool = False
    world: dict[str, str] = field(default_factory=dict)  # more of its environment
    process: subprocess.Popen[str] | None = None
    patience_s: ClassVar[float] = PATIENCE_S  # until its end

    def start(self) -> Self:
        self.holds.mkdir(exist_ok=True)
        own = {HOLDS: str(self.holds)} if self.held else {}
        return self._launch([sys.executable, "-m", "tests.e2e.driver"], own)

    def _launch(self, program: list[str], own: Mapping[str, str]) -> Self:
        """Start the program with its point, in that environment, in a session and a group of processes of its own."""
        self._stopped.unlink(missing_ok=True)
        line = [*program, self.point, str(self._stopped), "train", *self.arguments]
        self.process = subprocess.Popen(
            [*line, "-o", str(self.run), "--format", "json"],
            cwd=ROOT,
            env={**os.environ, VARIABLE: str(self.delay_s), **own, **self.world},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    @property
    def holds(self) -> Path:
        """Where files tell fits to stay, and fits tell that they do."""
        return self.run.with_name(self.run.name + ".holds")

    def hold(self, which: str, units: int = 0) -> None:
        """A fit of the search stays (FITS), or all final ones (FINAL): now, or once so many units are settled."""
        self.holds.mkdir(exist_ok=True)
        part = self.holds / f"{which}.part"
        part.write_text(f"{units} {self.run / LEDGER}" if units else "")
        part.rename(self.holds / which)

    def let_go(self) -> None:
        """Forget what was held."""
        for place in self.holds.iterdir():
            place.unlink()

    def until_held(self, besides: Collection[str] = ()) -> str:
        """Wait until a fit stays, on a node other than those; its node."""
        self._until(lambda: bool(self._holding(besides)), "a fit stays")
        return self._holding(besides)[0]

    def _holding(self, besides: Collection[str]) -> list[str]:
        nodes = [place.read_text() for place in self.holds.glob(f"{HELD}.*[0-9]")]
        return [node for node in nodes if node not in besides]

    @property
    def _stopped(self) -> Path:
        return self.run.with_name(self.run.name + ".stopped")

    def until_stopped(self) -> None:
        """Wait until it stands at its point."""
        self._until(self._stopped.exists, f"the driver stands at {self.point}")

    def until_settled(self, units: int) -> None:
        """Wait until its ledger holds so many settled units."""
        self._until(lambda: settled_lines(self.run) >= units, f"{units} settled units")

    def _until(self, met: Callable[[], bool], what: str) -> None:
        assert self.process is not None
        process = self.process
        until(lambda: met() or process.poll() is not None, what)
        assert process.poll() is None, f"it ended too early: {process.communicate()}"

    def send(self, number: signal.Signals) -> tuple[int, str, str]:
        """Signal the driver, nobody else; its exit code, and what it said."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.end()

    def end(self) -> tuple[int, str, str]:
        """Wait for its end; its exit code, and what it said."""
        assert self.process is not None
        out, err = self.process.communicate(timeout=self.patience_s)
        return self.process.returncode, out, err

    def left_behind(self) -> list[str]:
        """The processes of its session that live."""
        assert self.process is not None
        return session_of(self.process.pid)  # it leads a session of its own

    def until_gone(self, besides: str = "nothing") -> None:
        """Wait until nothing that it started lives, but for processes of that name."""
        end = time.monotonic() + GONE_S
        while left := [name for name in self.left_behind() if besides not in name]:
            assert time.monotonic() < end, f"still there after {GONE_S:g} s: {left}"
            time.sleep(0.1)

    def clean(self) -> None:
        """Nothing stays behind a test, whatever it came to."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        for name in self.left_behind():
            with suppress(ProcessLookupError):
                os.kill(int(name.split()[0]), signal.SIGKILL)


def session_of(leader: int) -> list[str]:
    """The processes that live of the session which that one leads: number and command line."""
    places = Path("/proc").glob("[0-9]*")
    return [name for place in places if (name := _named(place, str(leader))) is not None]


def _named(place: Path, session: str) -> str | None:
    try:
        state, _parent, _group, its_session = (place / "stat").read_text().rpartition(")")[2].split()[:4]
        if its_session != session or state == "Z":
            return None
        return f"{place.name} {(place / 'cmdline').read_bytes().rstrip(bytes(1))[:80]!r}"
    except OSError:  # it ended meanwhile
        return None


def settled_lines(run: Path) -> int:
    """How many units are settled in the ledger as it lies on the disk."""
    try:
        return (run / "ledger.jsonl").read_bytes().count(b'"event":"settled"')
    except OSError:
        return 0
