"""`automl status RUN`: what a run has done, is doing, and still has to do."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.cli.reply import Reply
from automl.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from automl.plan import Plan
    from automl.report.history import TrialRow
    from automl.search.decisions import Standing


def add_arguments(parser: ArgumentParser) -> None:
    """RUN."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, such as runs/NAME")


def run(found: Namespace, _screen: Screen) -> Reply:
    """Reads ledger.jsonl, plan.json and result.json; writes nothing."""
    from automl.driver.result import package_damage
    from automl.errors import error
    from automl.planning import read_plan
    from automl.search.ledger import scan_ledger

    ledger = found.run / "ledger.jsonl"
    if not ledger.is_file():
        hint = "`automl train` makes one under runs/NAME, or under -o"
        raise error("CLI021", f"{found.run} holds no run: there is no {ledger}", hint)
    state = state_of(found.run)  # before the ledger is read, so that a run that ends meanwhile is not called stopped
    body = {"ok": True, "run": str(found.run), "state": state}
    body |= summary(read_plan(found.run / "plan.json"), scan_ledger(ledger))
    if state == "stopped" and body["refused"] is not None:
        body["state"] = "refused"
    body["result"] = result = _result(found.run) if state == "finished" else None
    body["damage"] = None if result is None else package_damage(found.run, result["digest"])
    return Reply(0, body, _text(body))


def state_of(folder: Path) -> str:
    """`running`: a driver holds the ledger; `finished`: there is a result; else `stopped` (or `refused`, which the
    ledger says)."""
    import fcntl

    with (folder / "ledger.jsonl").open("rb") as ledger:
        try:
            fcntl.flock(ledger, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return "running"
    return "finished" if (folder / "result.json").is_file() else "stopped"


def summary(plan: Plan, lines: Iterator[Mapping[str, Any]]) -> dict[str, Any]:
    """What is done, best, under way, and left, as JSON. `remaining` counts trials; None where only time ends it."""
    from automl.report.history import OPEN, rows_of
    from automl.report.overview import Overview
    from automl.search.decisions import Standing

    header = next(lines)
    fits = _Fits(Standing(), header)
    trials = Overview(plan.scorer, rows_of(fits.watching(lines)))
    budget = fits.session.get("budget") or {}
    limit = budget.get("trials") if budget else plan.spec.search.budget.trials
    outcomes = {name: number for name, number in trials.counts.items() if name != OPEN}
    left = None if limit is None else max(0, limit - sum(outcomes.values()))
    return {
        "name": plan.spec.name,
        "metric": plan.metric,
        "started": header.get("started"),
        "executor": fits.session.get("executor"),
        "trials": outcomes,
        "open": [{"trial": row.number, "candidate": row.candidate} for row in trials.open],
        "fits": fits.count,
        "fit_seconds": round(fits.wall_s, 3),
        "best": _best(trials.best[0]) if trials.best else None,
        "budget": {"trials": limit, "time_s": (budget or plan.spec.search.budget.model_dump())["time_s"]},
        "remaining": 0 if fits.standing.cut else left,
        "cut": fits.standing.cut is not None,
        "refused": _refused(fits.standing.refused),
    }


@dataclass
class _Fits:
    """What is counted while the ledger passes. `session`: what the last one was told, by the header or its own line."""

    standing: Standing
    session: Mapping[str, Any]
    count: int = 0
    wall_s: float = 0.0

    def watching(self, lines: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for line in lines:
            if line["event"] == "finished":
                self.count += 1
                self.wall_s += float(line["wall_s"])
            else:
                self.session = line if line["event"] == "session" else self.session
                self.standing(line)
            yield line


def _refused(line: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if line is None else {name: value for name, value in line.items() if name != "event"}


def _best(row: TrialRow) -> dict[str, Any]:
    shown = {"trial": row.number, "candidate": row.candidate, "score": row.score, "rounds": row.rounds}
    return {**shown, "params": dict(row.params)}


def _result(folder: Path) -> Mapping[str, Any]:
    """result.json. Raises AutomlError where it cannot be read."""
    from automl.driver.result import RESULT, read_result
    from automl.errors import error

    found = read_result(folder)
    if found is None:
        hint = "`automl train --resume` makes it anew"
        raise error("CLI022", f"{folder / RESULT} cannot be read as the result of a run", hint)
    return found


def _text(body: Mapping[str, Any]) -> str:
    from automl.report.units import score_text, seconds_text

    best, budget = body["best"], body["budget"]
    ends = [f"{budget['trials']} trials"] if budget["trials"] else []
    ends += [seconds_text(budget["time_s"])] if budget["time_s"] else []
    counted = ", ".join(f"{number} {name}" for name, number in body["trials"].items()) or "none"
    lines = [
        ("state", body["state"] + (f", begun {body['started']}" if body["started"] else "")),
        ("done", f"{counted}; {body['fits']} fits, {seconds_text(body['fit_seconds'])} in fits"),
        ("best", "none" if best is None else f"{body['metric']} {score_text(best['score'])} ({_named(best)})"),
        ("under way", _under_way(body)),
        ("budget", " or ".join(ends) or "none"),
        ("to do", _to_do(body)),
    ]
    if body["state"] == "refused":
        lines += [("criterion", text) for text in _criteria(body["refused"])]
    if body["result"]:
        lines.append(("package", str(body["result"].get("package"))))
    return f"{body['name']}: {body['run']}\n" + "".join(f"  {name:<11}{text}\n" for name, text in lines)


def _criteria(refused: Mapping[str, Any]) -> list[str]:
    """Of a winner that missed one: each, and what was measured."""
    found = [(each["criterion"], "met" if each["met"] else "missed", each["measured"]) for each in refused["criteria"]]
    return [f"{criterion}: {verdict}, it is {measured}" for criterion, verdict, measured in found]


def _under_way(body: Mapping[str, Any]) -> str:
    """Trials that are being fitted, or that were when the run stopped."""
    named = ", ".join(_named(trial) for trial in body["open"][:8])
    if not named or body["state"] == "running":
        return named or "nothing"
    return f"nothing (not finished when it ended: {named})"


def _named(trial: Mapping[str, Any]) -> str:
    return f"trial {trial['trial']}, {trial['candidate']}"


def _to_do(body: Mapping[str, Any]) -> str:
    if body["damage"]:
        return f"{body['damage']}; `automl train --resume` makes it anew"
    if body["state"] == "finished":
        return "nothing; `automl train --resume` with a larger budget extends it"
    if body["state"] == "refused":
        return "nothing; `automl train --resume` with a larger budget or other criteria goes on"
    left = "as many as fit into the time" if body["remaining"] is None else str(body["remaining"])
    trials = "no more trials" if left == "0" else f"{left} trials"
    resume = "" if body["state"] == "running" else "; `automl train --resume` continues it"
    return f"{trials}, then the final fit and the package{resume}"
