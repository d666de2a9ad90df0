"""From folds to a trial: one score, and one number of rounds for all folds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.catalog.metrics import THRESHOLDS, Metric
from automl.jobs import Done, Outcome, Scores

Path = tuple[tuple[int, float], ...]
Curves = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class UnitResult:
    """How one unit ended, in the shape that the ledger keeps. `score` is finite; None unless `outcome` is OK."""

    key: str
    outcome: Outcome
    score: float | None = None
    path: Path = ()
    curves: Curves = ()  # along THRESHOLDS, for each point of the path
    error: str | None = None
    crashed: bool = False
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    worker: str = ""
    retried: int = 0

    def as_json(self) -> dict[str, Any]:
        """The fields of a `finished` line."""
        shown = {name: getattr(self, name) for name in self.__dataclass_fields__}
        curves = [list(line) for line in shown.pop("curves")]
        shown |= {"outcome": self.outcome.value, "path": [list(point) for point in self.path]}
        return shown | ({"curves": curves} if curves else {})  # at most 25 x 8 numbers: 4 kB


@dataclass(frozen=True)
class Merged:
    """A trial over its folds: the mean, each fold's score (at what was chosen), the rounds, and the threshold."""

    score: float
    folds: tuple[float, ...]
    rounds: int | None
    threshold: float | None = None


def from_done(done: Done) -> UnitResult:
    """What an executor brought, judged: a score must be a finite number."""
    outcome, text = done.outcome, done.error
    score: float | None = None
    path: Path = ()
    curves: Curves = ()
    if outcome is Outcome.OK:
        value = done.value
        if not isinstance(value, Scores):
            outcome, text = Outcome.FAILED, f"the fit returned {type(value).__name__}, not Scores"
        elif not math.isfinite(value.score):
            outcome, text = Outcome.FAILED, f"the score is {float(value.score)}"
        else:
            score = float(value.score)
            curves = tuple(tuple(map(float, line)) for line in value.curves)
            path = tuple((int(rounds), float(at)) for rounds, at in value.path if curves or math.isfinite(at))
    return UnitResult(
        done.key, outcome, score, path, curves, text, done.crashed,
        float(done.wall_s), float(done.cpu_s), int(done.peak_bytes), done.worker, done.retried,
    )  # fmt: skip


def from_json(event: Mapping[str, Any]) -> UnitResult:
    """What a `finished` line says."""
    score = event["score"]
    return UnitResult(
        key=event["key"],
        outcome=Outcome(event["outcome"]),
        score=None if score is None else float(score),
        path=tuple((int(rounds), float(at)) for rounds, at in event["path"]),
        curves=tuple(tuple(map(float, line)) for line in event.get("curves", ())),
        error=event["error"],
        crashed=bool(event["crashed"]),
        wall_s=float(event["wall_s"]),
        cpu_s=float(event["cpu_s"]),
        peak_bytes=int(event["peak_bytes"]),
        worker=event["worker"],
        retried=int(event["retried"]),
    )


def merge_folds(results: Sequence[UnitResult], metric: Metric) -> Merged:
    """The mean over folds; along boosting paths, the best point of the mean curve over the rounds that all folds have.

    Ties go to the fewest rounds. Where the metric chooses a threshold: the best point of the mean over rounds and
    thresholds; ties go to the threshold closest to 0.5, then to the fewest rounds. All results must be OK.
    """
    if all(result.curves for result in results):
        return _merge_curves(results, metric)
    curves = [dict(result.path) for result in results]
    common = sorted(set(curves[0]).intersection(*curves[1:])) if all(curves) else []
    if not common:
        folds = tuple(result.score for result in results if result.score is not None)
        return Merged(math.fsum(folds) / len(folds), folds, None)
    means = {rounds: math.fsum(curve[rounds] for curve in curves) / len(curves) for rounds in common}
    best = min(means.values(), key=metric.loss)
    rounds = next(rounds for rounds in common if means[rounds] == best)
    return Merged(best, tuple(curve[rounds] for curve in curves), rounds)


def _merge_curves(results: Sequence[UnitResult], metric: Metric) -> Merged:
    """One (rounds, threshold) for all folds. A point that is not finite in one of them is no choice."""
    tables = [_points(result) for result in results]
    common = set(tables[0]).intersection(*tables[1:])
    means = {point: math.fsum(table[point] for table in tables) / len(tables) for point in common}
    finite = {point: mean for point, mean in means.items() if math.isfinite(mean)}
    best = min(finite.values(), key=metric.loss)
    tied = (point for point, mean in finite.items() if mean == best)
    rounds, threshold = min(tied, key=lambda point: (abs(point[1] - 0.5), point[0] or 0, point[1]))
    return Merged(best, tuple(table[rounds, threshold] for table in tables), rounds, threshold)


def _points(result: UnitResult) -> dict[tuple[int | None, float], float]:
    """(rounds, threshold) -> score."""
    lines: list[int | None] = [rounds for rounds, _ in result.path] or [None]
    return {
        (rounds, threshold): score
        for rounds, line in zip(lines, result.curves, strict=True)
        for threshold, score in zip(THRESHOLDS, line, strict=True)
    }
