"""The trials of a run as rows, best first: what the leaderboard, the page and `automl status` show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from automl.catalog.metrics import THRESHOLDS, Metric
from automl.params import ParamValue
from automl.value import canonical_json

Line = Mapping[str, Any]  # one event of the ledger
Place = tuple[int, int]  # a rung and a fold
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


def ranked(rows: Iterable[TrialRow], metric: Metric) -> list[TrialRow]:
    """Scored trials from best to worst (ties: the earlier one first), then the others by number."""
    sign = -1.0 if metric.greater_is_better else 1.0
    return sorted(rows, key=lambda r: (r.score is None, sign * (r.score or 0.0), r.number))


def best_so_far(rows: Iterable[TrialRow], metric: Metric) -> list[tuple[int, float]]:
    """The trials, in order of number, that were better than all before them: (number, score)."""
    found: list[tuple[int, float]] = []
    better = metric.greater_is_better
    for row in sorted(rows, key=lambda r: r.number):
        if row.score is None:
            continue
        if not found or (row.score > found[-1][1] if better else row.score < found[-1][1]):
            found.append((row.number, row.score))
    return found


def counts(rows: Iterable[TrialRow]) -> dict[str, int]:
    """How many trials ended in which way, by name."""
    found = Counter(row.outcome for row in rows)
    return {name: found[name] for name in sorted(found)}


def trials_of(lines: Iterable[Line]) -> tuple[TrialRow, ...]:
    """The trials that stand in a ledger's events (without its header), by number."""
    asked: dict[int, Line] = {}
    fits: dict[str, dict[Place, Line]] = {}  # by what is fitted: trials of equal parameters share their fits
    closed: dict[int, Line] = {}
    for line in lines:
        if line["event"] == "asked":
            asked[line["trial"]] = line
        elif line["event"] == "finished":
            fits.setdefault(_content(asked[line["trial"]]), {})[line["rung"], line["fold"]] = line
        elif line["event"] == "settled" and "closed" in line:
            closed[line["trial"]] = line["closed"]
    return tuple(_row(line, fits.get(_content(line), {}), closed.get(number)) for number, line in sorted(asked.items()))


def _content(asked: Line) -> str:
    return canonical_json([asked["candidate"], asked["params"]])


def _row(asked: Line, fits: Mapping[Place, Line], closed: Line | None) -> TrialRow:
    units = [fits[place] for place in sorted(fits)]
    whole = {fold: fits[rung, fold] for rung, fold in sorted(fits)}  # a fold is whole in the last rung that has it
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
