"""The folder of a run: what it may hold before, what is written to it, what a resumed run finds there."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from automl.driver.options import TrainOptions
from automl.errors import AutomlError, error
from automl.lock import FILE_NAME, lock_text
from automl.plan import TrialScore
from automl.planning import Planned
from automl.report.files import write_whole
from automl.report.write import write_report
from automl.search.ledger import Ledger, ledger_exists, scan_ledger
from automl.spec.model import BudgetSpec
from automl.value import pretty_json

LEDGER, RESULT, PLAN, DECISIONS = "ledger.jsonl", "result.json", "plan.json", "decisions.json"
OWN_FILES = (LEDGER, RESULT, PLAN, DECISIONS, FILE_NAME, "leaderboard.csv", "report.html")
PACKAGE, MANIFEST = "package", "manifest.json"

State = Literal["new", "continued", "extended"]


@dataclass
class RunFolder:
    """An open run. `finished`: the result of a run with nothing left to do; `spent_s`: what earlier sessions took."""

    path: Path
    planned: Planned
    ledger: Ledger
    state: State = "new"
    spent_s: float = 0.0
    finished: Mapping[str, Any] | None = None
    opened: bool = False  # for work, not only to return what stands there
    began: float = field(default_factory=time.monotonic)

    @property
    def package(self) -> Path:
        """Where the package goes."""
        return self.path / PACKAGE

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the ledger whole; a run that did not finish still gets its leaderboard and report."""
        if self.opened:
            self.ledger.note("spent", {"wall_s": round(time.monotonic() - self.began, 3)})
        self.ledger.close()
        if self.finished is None:
            self._report({})

    def selected(self, trial: TrialScore, digest: str, decisions: tuple[Mapping[str, Any], ...]) -> None:
        """Record the winner."""
        self.ledger.note("selected", {"trial": trial.number, "candidate": trial.candidate, "digest": digest})
        self.ledger.flush()
        write_whole(self.path / DECISIONS, pretty_json([dict(decision) for decision in decisions]))

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write the report, and result.json last: where it stands, the run is done."""
        self._report(result)
        write_whole(self.path / RESULT, pretty_json(dict(result)))
        self.finished = result

    def _report(self, result: Mapping[str, Any]) -> None:
        write_report(self.path, self.planned.plan, _events(self.path / LEDGER), result)


def open_folder(options: TrainOptions, planned: Planned, place: Mapping[str, Any]) -> RunFolder:
    """The folder of the run, its ledger open, plan and lock written. `place`: which executor, where, for the header.

    Raises AutomlError: RUN001 where a run is there and neither --resume nor --overwrite is given, RUN002 where there is
    something else, and what the ledger raises.
    """
    path = options.out or Path("runs") / planned.plan.spec.name
    there = ledger_exists(path / LEDGER)
    if there and not (options.resume or options.overwrite):
        raise error(
            "RUN001", f"{path} holds a run", "--resume continues it, --overwrite starts anew, -o names another folder"
        )
    ours = (path / PACKAGE / MANIFEST).is_file()
    if not there and (path / PACKAGE).exists() and not (options.overwrite and ours):
        raise error("RUN002", f"{path / PACKAGE} is there already, but no run beside it", "-o names another folder")
    if path.exists() and not path.is_dir():
        raise error("RUN002", f"{path} is a file; expected the folder of a run", "-o names another folder")
    if there and options.resume:
        return _resume(path, planned, place)
    if options.overwrite:
        _clear(path)
    path.mkdir(parents=True, exist_ok=True)
    header = {"search": planned.plan.search_digest, **_session(planned, place)}
    return _opened(RunFolder(path, planned, Ledger.create(path / LEDGER, header)))


def _session(planned: Planned, place: Mapping[str, Any]) -> dict[str, Any]:
    """What a session is told to do, and where: in the ledger, never in plan, lock or package."""
    return {
        **place,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "budget": planned.plan.spec.search.budget.model_dump(mode="json"),
        "data": [str(file.absolute()) for file in planned.data],
        "versions": dict(planned.lock.versions),
    }


def _clear(path: Path) -> None:
    """Remove what runs leave, and nothing else. A run that another driver holds is refused by its ledger."""
    if ledger_exists(path / LEDGER):
        _check_free(path / LEDGER)
    for name in OWN_FILES:
        (path / name).unlink(missing_ok=True)
    shutil.rmtree(path / PACKAGE, ignore_errors=True)


def _check_free(ledger: Path) -> None:
    """Raise AutomlError (LED002) where a driver has it; one that cannot be read is about to be removed."""
    try:
        Ledger.open(ledger).close()
    except AutomlError as problem:
        if any(found.code != "LED003" for found in problem.diagnostics):
            raise


def _resume(path: Path, planned: Planned, place: Mapping[str, Any]) -> RunFolder:
    last_write = (path / LEDGER).stat().st_mtime
    ledger = Ledger.open(path / LEDGER, planned.plan.search_digest)
    before, spent, killed = _sessions(ledger, last_write)
    larger = _larger(planned.plan.spec.search.budget, before)
    folder = RunFolder(path, planned, ledger, "extended" if larger else "continued", spent + killed)
    folder.finished = None if larger else _finished(path / RESULT)
    if folder.finished is not None:
        return folder
    (path / RESULT).unlink(missing_ok=True)  # from here on the run is not done
    if killed:
        ledger.note("spent", {"wall_s": round(killed, 3)})
    ledger.note("session", _session(planned, place))
    return _opened(folder)


def _finished(result: Path) -> Mapping[str, Any] | None:
    """The result of a run that is done. One that cannot be read is made anew: the ledger has all it takes."""
    try:
        found = json.loads(result.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "digest" in found and "metric" in found else None


def _sessions(ledger: Ledger, last_write: float) -> tuple[BudgetSpec, float, float]:
    """The budget that earlier sessions have used up, the seconds that they say, and those of one that was killed.

    It is the budget of the session that was cut, else of the last: one with a larger budget may have ended before it
    took up its search; the cut still stands then. A session that was killed is charged from its start to its last
    line; a file's time may be that of a copy, so at most its budget.
    """
    budget, of_cut, said, began = ledger.header["budget"], None, 0.0, ledger.header.get("started")
    for line in ledger.events():
        budget, began = line.get("budget", budget), line.get("started", began)
        if line["event"] == "spent":
            said, began = said + float(line["wall_s"]), None
        elif line["event"] == "decision" and line["kind"] in ("cut", "extended"):
            of_cut = budget if line["kind"] == "cut" else None
    killed = 0.0 if began is None else max(0.0, last_write - datetime.fromisoformat(began).timestamp())
    most = budget["time_s"]
    return BudgetSpec.model_validate(of_cut or budget), said, killed if most is None else min(killed, most)


def _events(path: Path) -> Iterator[Mapping[str, Any]]:
    """What stands in a ledger, without its header."""
    lines = scan_ledger(path)
    next(lines)
    return lines


def _larger(now: BudgetSpec, before: BudgetSpec) -> bool:
    """Whether one limit is wider and none is narrower. No limit is the widest."""
    pairs = ((now.trials, before.trials), (now.time_s, before.time_s))
    wide = [(float("inf") if a is None else a, float("inf") if b is None else b) for a, b in pairs]
    return any(a > b for a, b in wide)


def _opened(folder: RunFolder) -> RunFolder:
    plan = folder.planned.plan
    write_whole(folder.path / PLAN, pretty_json(plan.model_dump(mode="json")))
    write_whole(folder.path / FILE_NAME, lock_text({plan.spec.name: folder.planned.lock}))
    folder.opened = True
    return folder
