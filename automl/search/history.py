"""What is settled, in the shape in which `ask` reads it: by candidate, nothing else remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from automl.params import ParamValue
from automl.plan import TrialScore
from automl.search.events import UnscoredTrial
from automl.value import canonical_json

# What TPE learns from is bounded by a rule that looks at nothing but the settled trials: its cost grows with them.
KEPT_BEST = 100
KEPT_NEWEST = 100


def params_text(params: Mapping[str, ParamValue]) -> str:
    """One text for one set of parameters."""
    return canonical_json(dict(params))


@dataclass
class CandidateHistory:
    """One candidate: its settled scores in settled order, and every parameter set that was asked."""

    settled: list[TrialScore] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    best: float | None = None


class History:
    """What the search knows. Adding is O(1); equal sequences of `add_asked` and `add_settled`, equal histories."""

    def __init__(self, greater_is_better: bool) -> None:
        self.greater_is_better = greater_is_better
        self._candidates: dict[str, CandidateHistory] = {}

    def of(self, candidate: str) -> CandidateHistory:
        """What is known of one candidate."""
        return self._candidates.setdefault(candidate, CandidateHistory())

    def better(self, score: float, than: float | None) -> bool:
        """Whether a score beats another one (None: there is none)."""
        return than is None or (score > than if self.greater_is_better else score < than)

    def add_asked(self, candidate: str, params: Mapping[str, ParamValue]) -> None:
        """A trial was asked: its parameters need not be asked again."""
        self.of(candidate).asked.add(params_text(params))

    def add_settled(self, trial: TrialScore) -> None:
        """A trial has its score."""
        known = self.of(trial.candidate)
        known.settled.append(trial)
        if self.better(trial.score, known.best):
            known.best = trial.score

    def add_unscored(self, trial: UnscoredTrial) -> None:
        """A pruned trial teaches what its last rung lets expect; failed ones nothing but that they were asked."""
        if trial.estimate is not None:
            guess = TrialScore(
                number=trial.number, candidate=trial.candidate, params=trial.params, folds=(), score=trial.estimate
            )
            self.add_settled(guess)

    def lessons(self, candidate: str) -> list[TrialScore]:
        """The trials to learn from: all, or the best and the newest where there are many; in order of number."""
        settled = self.of(candidate).settled
        if len(settled) <= KEPT_BEST + KEPT_NEWEST:
            return sorted(settled, key=lambda trial: trial.number)
        older = settled[:-KEPT_NEWEST]
        sign = -1.0 if self.greater_is_better else 1.0
        best = sorted(older, key=lambda trial: (sign * trial.score, trial.number))[:KEPT_BEST]
        return sorted([*best, *settled[-KEPT_NEWEST:]], key=lambda trial: trial.number)
