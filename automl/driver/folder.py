"""The folder of a run: what it may hold before, what is written to it, what a resumed run finds there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple

from automl.driver.acceptance import Refusal
from automl.driver.options import TrainOptions
from automl.driver.result import PACKAGE, RESULT, package_damage, read_result
from automl.emit.manifest import NAME as MANIFEST
from automl.errors import AutomlError, Diagnostic, NotAccepted, error
from automl.lock import FILE_NAME, lock_text
from automl.plan import TrialScore
from automl.planning import Planned
from automl.report.files import write_whole
from automl.report.write import write_report
from automl.search.decisions import Standing
from automl.search.ledger import Ledger, ledger_exists, scan_ledger
from automl.spec.model import BudgetSpec
from automl.value import pretty_json

LEDGER, PLAN, DECISIONS = "ledger.jsonl", "plan.json", "decisions.json"
OWN_FILES = (LEDGER, RESULT, PLAN, DECISIONS, FILE_NAME, "leaderboard.csv", "report.html")

State = Literal["new", "continued", "extended"]


@dataclass
class RunFolder:
    """An open run. `finished`: the result of a run with nothing left to do; `spent_s`: what earlier sessions took;
    `searched`: one of them had ended the search, for lack of time or with a winner, and nothing is left but to finish
    the run, however late it is; `notes`: what was found in the folder that a person should know."""

    path: Path
    planned: Planned
    ledger: Ledger
    state: State = "new"
    spent_s: float = 0.0
    searched: bool = False
    notes: list[Diagnostic] = field(default_factory=list)
    finished: Mapping[str, Any] | None = None
    refusal: Mapping[str, Any] | None = None  # of this session's winner
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
            with nullcontext() if problem is None else suppress(OSError):  # what ended the run is told, not the report
                self._report({})

    def selected(self, trial: TrialScore, digest: str, decisions: tuple[Mapping[str, Any], ...]) -> None:
        """Record the winner."""
        self.ledger.note("selected", {"trial": trial.number, "candidate": trial.candidate, "digest": digest})
        self.ledger.flush()
        write_whole(self.path / DECISIONS, pretty_json([dict(decision) for decision in decisions]))

    def refused(self, refusal: Refusal) -> NotAccepted:
        """Record that the winner missed a criterion. Returns what is to be raised."""
        self.refusal = refusal.as_json()
        self.ledger.note("refused", self.refusal)
        self.ledger.flush()
        facts = {"name": self.planned.plan.spec.name, "run": str(self.path), "metric": self.planned.plan.metric}
        return NotAccepted(refusal.diagnostics(self.path), {**facts, **self.refusal})

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write the report, and result.json last: where it stands, the run is done."""
        self._report(result)
        write_whole(self.path / RESULT, pretty_json(dict(result)))
        self.finished = result

    def _report(self, result: Mapping[str, Any]) -> None:
        write_report(self.path, self.planned.plan, _events(self.path / LEDGER), result, self.refusal)


def open_folder(options: TrainOptions, planned: Planned, place: Mapping[str, Any]) -> RunFolder:
    """The folder of the run, its ledger open, plan and lock written. `place`: which executor, where, for the header.

    Raises AutomlError: RUN001 where a run is there and neither --resume nor --overwrite is given, RUN002 where there is
    something else, and what the ledger raises.
    """
    path = options.out or Path("runs") / planned.plan.spec.name
    there = _holds_run(path / LEDGER)
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
    path.mkdir(parents=True, exist_ok=True)
    header = {"search": planned.plan.search_digest, **_session(planned, place)}
    clear = partial(_clear, path) if options.overwrite or ledger_exists(path / LEDGER) else None
    return _opened(RunFolder(path, planned, Ledger.create(path / LEDGER, header, clear)))


def _holds_run(ledger: Path) -> bool:
    """Whether anything was asked for there: a run that could not even start has left a header and nothing to keep."""
    if not ledger_exists(ledger):
        return False
    try:
        return any(line["event"] == "asked" for line in scan_ledger(ledger))
    except AutomlError:  # changed, or no ledger of ours: not to be taken for nothing
        return True


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
    """Remove what runs leave, and nothing else; not the ledger, whose lock keeps other drivers away."""
    for name in OWN_FILES:
        if name != LEDGER:
            (path / name).unlink(missing_ok=True)
    shutil.rmtree(path / PACKAGE, ignore_errors=True)


def _resume(path: Path, planned: Planned, place: Mapping[str, Any]) -> RunFolder:
    last_write = (path / LEDGER).stat().st_mtime
    ledger = Ledger.open(path / LEDGER, planned.plan.search_digest)
    past = _sessions(ledger, last_write)
    larger, killed = _larger(planned.plan.spec.search.budget, past), past.killed_s
    folder = RunFolder(path, planned, ledger, "extended" if larger else "continued", past.said_s + killed)
    folder.searched = (past.cut or past.chosen) and not larger
    if not larger:
        _take_result(folder)
    if folder.finished is not None:
        return folder
    (path / RESULT).unlink(missing_ok=True)  # from here on the run is not done
    if killed:
        ledger.note("spent", {"wall_s": round(killed, 3)})
    ledger.note("session", _session(planned, place))
    return _opened(folder)


def _take_result(folder: RunFolder) -> None:
    """The run is done where its result stands and the package is still the one of that result. Else the end of the run
    is made anew, and it is said why: the ledger has all it takes."""
    if not (folder.path / RESULT).exists():
        return
    found = read_result(folder.path)
    damage: str | None = f"{folder.path / RESULT} cannot be read as the result of a run"
    if found is not None:
        damage = package_damage(folder.path, found["digest"])
        if damage is None:
            folder.finished = {**found, "run": str(folder.path), "package": str(folder.package)}  # it may have moved
            return
        if not (folder.package / MANIFEST).is_file():  # what is left of ours would be taken for another's
            shutil.rmtree(folder.package, ignore_errors=True)
    hint = "final fits and package are made anew from what the ledger has"
    folder.notes.append(Diagnostic("warning", "RUN011", f"the run is not finished: {damage}", hint=hint))


class _Past(NamedTuple):
    """What earlier sessions had, and what they made of it. `asked`: trials; `cut`: time ended it; `chosen`: the search
    had a winner within the last budget."""

    budget: BudgetSpec
    asked: int
    cut: bool
    said_s: float
    killed_s: float
    chosen: bool = False


def _sessions(ledger: Ledger, last_write: float) -> _Past:
    """The budget that earlier sessions have used up, the seconds that they say, and those of one that was killed.

    It is the budget of the session that was cut, else of the last: one with a larger budget may have ended before it
    took up its search; the cut still stands then. A session that was killed is charged from its start to its last
    line; a file's time may be that of a copy, so at most its budget.
    """
    budget, of_cut, said, began = ledger.header["budget"], None, 0.0, ledger.header.get("started")
    standing, asked, chosen = Standing(), 0, False
    for line in ledger.events():
        chosen = line["event"] in ("selected", "refused") or (chosen and line.get("budget", budget) == budget)
        budget, began = line.get("budget", budget), line.get("started", began)
        asked += line["event"] == "asked"
        if line["event"] == "spent":
            said, began = said + float(line["wall_s"]), None
        elif standing(line) is not None:
            of_cut = None if not (standing.cut or standing.chosen) else of_cut or budget
    killed = 0.0 if began is None else max(0.0, last_write - datetime.fromisoformat(began).timestamp())
    most = budget["time_s"]
    used = BudgetSpec.model_validate(of_cut or budget)
    return _Past(used, asked, of_cut is not None, said, killed if most is None else min(killed, most), chosen)


def _events(path: Path) -> Iterator[Mapping[str, Any]]:
    """What stands in a ledger, without its header."""
    lines = scan_ledger(path)
    next(lines)
    return lines


def _larger(now: BudgetSpec, past: _Past) -> bool:
    """Whether there is more to do now: the limit that ended the search is wider, and the other one leaves room.

    Time ended it where it was cut, else the number of trials did (or nothing was left to try). No limit is the widest.
    """
    trials, seconds = _wide(now.trials), _wide(now.time_s)
    if past.cut:
        return seconds > _wide(past.budget.time_s) and trials >= past.asked
    return trials > _wide(past.budget.trials) and seconds > past.said_s + past.killed_s


def _wide(limit: float | None) -> float:
    return float("inf") if limit is None else limit


def _opened(folder: RunFolder) -> RunFolder:
    plan = folder.planned.plan
    write_whole(folder.path / PLAN, pretty_json(plan.model_dump(mode="json")))
    write_whole(folder.path / FILE_NAME, lock_text({plan.spec.name: folder.planned.lock}))
    folder.opened = True
    return folder
