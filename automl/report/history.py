"""The trials of a run as rows: what the leaderboard, the page and `automl status` show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from automl.catalog.metrics import THRESHOLDS
from automl.params import ParamValue

Line = Mapping[str, Any]  # one event of the ledger
OPEN = "open"


@dataclass(frozen=True)
class TrialRow:
    """One trial. `outcome` is ok, failed, timeout, out_of_memory, pruned or open; `score` is None unless ok.

    `wall_s` is the sum over its fits in seconds, `peak_bytes` the largest of them; both are measurements.
    """

    number: int
    candidate: str
    outcome: str
    score: float | None = None
    folds: tuple[float, ...] = ()
    rounds: int | None = None
    threshold: float | None = None
    wall_s: float = 0.0
    peak_bytes: int = 0
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    error: str | None = None
    rung: int | None = None  # in which it was settled; None for one that was not, or not in its turn


def rows_of(lines: Iterable[Line]) -> Iterator[TrialRow]:
    """The trials that stand in a ledger's events (without its header): each as soon as it is settled, the others last.

    Only what is open is in memory, and how trials ended for one budget only: with a larger one they may end in another
    way, and those that a cut took along are open again. Fits that end after their trial did are not counted.
    """
    asked: dict[int, Line] = {}
    fits: dict[int, list[Line]] = {}
    for_budget: dict[int, Line] = {}
    late: dict[int, Line] = {}
    for line in lines:
        if line["event"] == "asked":
            asked[line["trial"]], fits[line["trial"]] = line, []
        elif line["event"] == "finished" and line["trial"] in asked:
            fits[line["trial"]].append(line)
        elif line["event"] == "settled" and "closed" in line:
            number = line["trial"]
            closed = {**line["closed"], "rung": line["rung"]}
            if "trials" in line:
                for_budget[number] = closed
                continue
            yield _row(asked.pop(number), fits.pop(number), closed)
        elif line["event"] == "late":
            late[line["trial"]] = line["closed"]
        elif line["event"] == "decision" and line["kind"] == "extended":
            late.clear()
    for number in sorted(asked):
        yield _row(asked[number], fits[number], late.get(number) or for_budget.get(number))


def trials_of(lines: Iterable[Line]) -> tuple[TrialRow, ...]:
    """All of them at once, by number."""
    return tuple(sorted(rows_of(lines), key=lambda row: row.number))


def _row(asked: Line, fits: list[Line], closed: Line | None) -> TrialRow:
    placed = {(int(line["rung"]), int(line["fold"])): line for line in fits}
    units = [placed[place] for place in sorted(placed)]
    whole = {fold: placed[rung, fold] for rung, fold in sorted(placed)}  # a fold is whole in the last rung that has it
    ended = closed or {"outcome": OPEN, "score": None, "rounds": None}
    errors = [unit["error"] for unit in units if unit.get("error")]
    scored = ended["score"] is not None
    return TrialRow(
        number=asked["trial"],
        candidate=asked["candidate"],
        outcome=ended["outcome"],
        score=ended["score"],
        folds=tuple(_fold_score(unit, ended) for _, unit in sorted(whole.items())) if scored else (),
        rounds=ended["rounds"],
        threshold=ended.get("threshold"),
        wall_s=sum(float(unit["wall_s"]) for unit in units),
        peak_bytes=max((int(unit["peak_bytes"]) for unit in units), default=0),
        params=asked["params"],
        error=errors[0] if errors and not scored else None,
        rung=ended.get("rung"),
    )


def _fold_score(unit: Line, ended: Line) -> float:
    """The fold's score at the rounds and the threshold that were chosen; after all rounds where none were."""
    rounds, threshold = ended["rounds"], ended.get("threshold")
    along = {int(at): float(score) for at, score in unit["path"]}
    if threshold is not None:
        line = list(along).index(rounds) if rounds is not None else 0
        return float(unit["curves"][line][THRESHOLDS.index(threshold)])
    return along.get(rounds, float(unit["score"])) if rounds is not None else float(unit["score"])
