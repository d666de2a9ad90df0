"""What is settled, in the shape in which `ask` reads it: by candidate, and bounded. Nothing else is remembered."""

from __future__ import annotations

import hashlib
import math
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automl.catalog.metrics import Metric
from automl.params import ParamValue
from automl.plan import TrialScore
from automl.search.events import UnscoredTrial
from automl.search.lessons import Lessons
from automl.value import canonical_json


class Asked:
    """The parameter sets that were asked: eight bytes of hash for each, sorted."""

    def __init__(self) -> None:
        self._hashes = array("Q")

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, params: Mapping[str, ParamValue]) -> bool:
        found = _hash(params)
        place = bisect_left(self._hashes, found)
        return place < len(self._hashes) and self._hashes[place] == found

    def add(self, params: Mapping[str, ParamValue]) -> None:
        """Take a set in; one that is there already changes nothing."""
        found = _hash(params)
        place = bisect_left(self._hashes, found)
        if place == len(self._hashes) or self._hashes[place] != found:
            self._hashes.insert(place, found)


@dataclass
class CandidateHistory:
    """One candidate. `best`: the least loss so far, infinite where it has no score.

    `memo` is whatever `ask` makes of the lessons, and made anew where it is lost.
    """

    lessons: Lessons
    asked: Asked = field(default_factory=Asked)
    best: float = math.inf
    memo: Any = None


class History:
    """What the search knows. Equal sequences of `add_asked` and `add_settled`, equal histories."""

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self._candidates: dict[str, CandidateHistory] = {}

    def of(self, candidate: str) -> CandidateHistory:
        """What is known of one candidate."""
        if candidate not in self._candidates:
            self._candidates[candidate] = CandidateHistory(Lessons(self.metric))
        return self._candidates[candidate]

    def add_asked(self, candidate: str, params: Mapping[str, ParamValue]) -> None:
        """A trial was asked: its parameters need not be asked again."""
        self.of(candidate).asked.add(params)

    def add_settled(self, trial: TrialScore) -> None:
        """A trial has its score."""
        known = self.of(trial.candidate)
        known.lessons.add(trial)
        known.best = min(known.best, self.metric.loss(trial.score))

    def add_unscored(self, trial: UnscoredTrial) -> None:
        """A pruned trial teaches what its last rung lets expect; failed ones nothing but that they were asked."""
        if trial.estimate is not None:
            guess = TrialScore(
                number=trial.number, candidate=trial.candidate, params=trial.params, folds=(), score=trial.estimate
            )
            self.add_settled(guess)


def _hash(params: Mapping[str, ParamValue]) -> int:
    text = canonical_json(dict(params)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
