"""Trials under way: which folds are placed, which are settled, how a trial ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from automl.jobs import Outcome
from automl.params import ParamValue
from automl.plan import Candidate, TrialScore
from automl.search.events import UnscoredTrial
from automl.search.scoring import UnitResult, merge_folds
from automl.search.virtual import Unit


@dataclass
class OpenTrial:
    """A trial that was asked. Its first fold is placed alone; `goes_on`: the others may be placed as well.

    `closed` once it is settled: all folds are, one of them failed, or it does not go on.
    """

    number: int
    candidate: Candidate
    params: Mapping[str, ParamValue]
    placed: int = 0
    goes_on: bool = False
    closed: bool = False
    results: dict[int, UnitResult] = field(default_factory=dict)

    @property
    def on_slots(self) -> list[Unit]:
        """Its units that are placed and not settled."""
        return [Unit(self.number, fold) for fold in range(self.placed) if fold not in self.results]

    @property
    def empty(self) -> bool:
        """Whether none of its units is on a slot."""
        return len(self.results) == self.placed

    def take_in(self, fold: int, result: UnitResult, folds: int, greater: bool) -> TrialScore | UnscoredTrial | None:
        """One more settled unit. How the trial ended, where it ends with this one."""
        self.results[fold] = result
        if self.closed:
            return None
        if result.outcome is not Outcome.OK:
            self.closed = True
            return UnscoredTrial(self.number, self.candidate.id, self.params, result.outcome, result.error)
        if len(self.results) < folds:
            return None
        self.closed = True
        return self.score_of(self.results, greater)

    def score_of(self, results: Mapping[int, UnitResult], greater: bool) -> TrialScore | None:
        """What the trial comes to with these results of all its folds; None where one of them failed."""
        if any(result.outcome is not Outcome.OK for result in results.values()):
            return None
        merged = merge_folds([results[fold] for fold in sorted(results)], greater)
        return TrialScore(
            number=self.number,
            candidate=self.candidate.id,
            params=dict(self.params),
            folds=merged.folds,
            score=merged.score,
            rounds=merged.rounds,
            threshold=merged.threshold,
        )

    def first_score(self, greater: bool) -> float | None:
        """The score of a trial whose first fold alone is settled, and which waits for what becomes of it; else None."""
        if self.goes_on or self.closed:
            return None
        return merge_folds([self.results[0]], greater).score

    def prune(self, estimate: float) -> UnscoredTrial:
        """End it after its first fold."""
        self.closed = True
        return UnscoredTrial(self.number, self.candidate.id, self.params, Outcome.PRUNED, None, estimate)


def longest(results: Iterable[UnitResult]) -> float:
    """Seconds of the longest fit."""
    return max(result.wall_s for result in results)


def closing_line(ended: TrialScore | UnscoredTrial) -> dict[str, object]:
    """What the ledger says of a trial's end."""
    if isinstance(ended, UnscoredTrial):
        return {"outcome": ended.outcome.value, "score": None, "rounds": None}
    chosen = {} if ended.threshold is None else {"threshold": ended.threshold}
    return {"outcome": Outcome.OK.value, "score": ended.score, "rounds": ended.rounds, **chosen}
