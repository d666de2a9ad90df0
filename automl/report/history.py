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


def rows_of(lines: Iterable[Line]) -> Iterator[TrialRow]:
    """The trials that stand in a ledger's events (without its header), each once what is said of it is final.

    That is when another trial is asked after its end. What a session settled after it had asked its last trial, a later
    one with more trials may settle otherwise; the last line holds. So only what is open, or ended a session, is in
    memory. Fits that end long after their trial are not counted.
    """
    known: dict[int, _Told] = {}
    ended: list[int] = []  # since a trial was asked
    for line in lines:
        if line["event"] == "session":
            ended = []
        elif line["event"] == "asked":
            yield from (known.pop(number).row() for number in ended)
            ended = []
            known[line["trial"]] = _Told(line)
        elif "trial" in line and line["trial"] in known:
            told = known[line["trial"]]
            told.add(line)
            if told.closed is not None and line["trial"] not in ended:
                ended.append(line["trial"])
    yield from (known[number].row() for number in sorted(known))


def trials_of(lines: Iterable[Line]) -> tuple[TrialRow, ...]:
    """All of them at once, by number."""
    return tuple(sorted(rows_of(lines), key=lambda row: row.number))


@dataclass
class _Told:
    """What the lines say of one trial."""

    asked: Line
    fits: list[Line] = field(default_factory=list)
    closed: Line | None = None  # how it ended
    closed_by: tuple[int, int] | None = None  # with which unit

    def add(self, line: Line) -> None:
        if line["event"] == "finished":
            self.fits.append(line)
        elif line["event"] == "settled":
            unit = (line["rung"], line["fold"])
            if "closed" in line or unit == self.closed_by:
                self.closed, self.closed_by = line.get("closed"), unit

    def row(self) -> TrialRow:
        return _row(self.asked, self.fits, self.closed)


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
    )


def _fold_score(unit: Line, ended: Line) -> float:
    """The fold's score at the rounds and the threshold that were chosen; after all rounds where none were."""
    rounds, threshold = ended["rounds"], ended.get("threshold")
    along = {int(at): float(score) for at, score in unit["path"]}
    if threshold is not None:
        line = list(along).index(rounds) if rounds is not None else 0
        return float(unit["curves"][line][THRESHOLDS.index(threshold)])
    return along.get(rounds, float(unit["score"])) if rounds is not None else float(unit["score"])
