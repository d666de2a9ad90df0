"""Trials under way: which units are placed, which are settled, how a trial ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from automl.catalog.metrics import Metric
from automl.jobs import Outcome
from automl.params import ParamValue
from automl.plan import Candidate, Rung, TrialScore
from automl.search.events import AtHand, UnscoredTrial
from automl.search.scoring import UnitResult, merge_folds
from automl.search.virtual import Unit


@dataclass
class OpenTrial:
    """A trial that was asked. Units of the rung that it has `reached`, and of those before, may be placed.

    `scores`: what it came to at each rung that is settled. `closed` once the trial is settled: all its units are, one
    of them failed, or it does not go on.
    """

    number: int
    candidate: Candidate
    params: Mapping[str, ParamValue]
    rungs: tuple[Rung, ...]
    reached: int
    placed: int = 0
    closed: bool = False
    results: dict[Unit, UnitResult] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """All that it may come to need, in the order in which they are placed."""
        return tuple(
            Unit(self.number, rung, fold)
            for rung in range(self.candidate.first_rung, len(self.rungs))
            for fold in self.rungs[rung].folds
        )

    @property
    def next_unit(self) -> Unit | None:
        """The one to be placed next; None where there is none, or none may be."""
        left = self.units[self.placed : self.placed + 1]
        return left[0] if left and left[0].rung <= self.reached and not self.closed else None

    @property
    def on_slots(self) -> list[Unit]:
        """Its units that are placed and not settled."""
        return [unit for unit in self.units[: self.placed] if unit not in self.results]

    @property
    def empty(self) -> bool:
        """Whether none of its units is on a slot."""
        return len(self.results) == self.placed

    @property
    def last_rung(self) -> int:
        """The rung after which it ends."""
        return len(self.rungs) - 1

    def take_in(self, unit: Unit, result: UnitResult, metric: Metric) -> TrialScore | UnscoredTrial | None:
        """One more settled unit. How the trial ended, where it ends with this one."""
        self.results[unit] = result
        if self.closed:
            return None
        if result.outcome is not Outcome.OK:
            self.closed = True
            return UnscoredTrial(self.number, self.candidate.id, self.params, result.outcome, result.error)
        if unit.rung < self.last_rung:
            self._score_rung(unit.rung, metric)
        if len(self.results) < len(self.units):
            return None
        self.closed = True
        return self.score_of(self.results, metric)

    def prune(self, estimate: float | None) -> UnscoredTrial:
        """End it at the rung that it has reached."""
        self.closed = True
        return UnscoredTrial(self.number, self.candidate.id, self.params, Outcome.PRUNED, None, estimate)

    def _score_rung(self, rung: int, metric: Metric) -> None:
        results = [self.results.get(Unit(self.number, rung, fold)) for fold in self.rungs[rung].folds]
        settled = [result for result in results if result is not None]
        if len(settled) == len(results):
            self.scores[rung] = merge_folds(settled, metric).score

    def ahead(self, result_of: Callable[[Unit], UnitResult | None], metric: Metric) -> AtHand | None:
        """What it comes to where all its results are there, settled or not; `result_of` those that are not."""
        if self.closed or self.placed < len(self.units):
            return None
        results = dict(self.results)
        for unit in self.on_slots:
            result = result_of(unit)
            if result is None:
                return None
            results[unit] = result
        score = self.score_of(results, metric)
        return None if score is None else AtHand(score, longest(results.values()))

    def score_of(self, results: Mapping[Unit, UnitResult], metric: Metric) -> TrialScore | None:
        """The mean over all folds, from results of all its units; None where one of them failed.

        Units of a part of the rows or rounds do not count.
        """
        if any(result.outcome is not Outcome.OK for result in results.values()):
            return None
        whole = {unit.fold: results[unit] for unit in self.units if self.rungs[unit.rung].whole}
        merged = merge_folds([whole[fold] for fold in sorted(whole)], metric)
        return TrialScore(
            number=self.number,
            candidate=self.candidate.id,
            params=dict(self.params),
            folds=merged.folds,
            score=merged.score,
            rounds=merged.rounds,
            threshold=merged.threshold,
        )


def longest(results: Iterable[UnitResult]) -> float:
    """Seconds of the longest fit."""
    return max(result.wall_s for result in results)


def closing_line(ended: TrialScore | UnscoredTrial) -> dict[str, object]:
    """What the ledger says of a trial's end."""
    if isinstance(ended, UnscoredTrial):
        return {"outcome": ended.outcome.value, "score": None, "rounds": None}
    chosen = {} if ended.threshold is None else {"threshold": ended.threshold}
    return {"outcome": Outcome.OK.value, "score": ended.score, "rounds": ended.rounds, **chosen}
