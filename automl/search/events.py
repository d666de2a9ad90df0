"""What a search tells while it runs, and what it comes to in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automl.jobs import Outcome
from automl.params import ParamValue
from automl.plan import TrialScore
from automl.search.decisions import Decision
from automl.search.virtual import Unit


@dataclass(frozen=True)
class UnscoredTrial:
    """A settled trial without a score: how it ended, and the first error in settled order.

    Of a pruned one `estimate` is the score that its last rung lets expect; None where nothing is known to compare with.
    """

    number: int
    candidate: str
    params: Mapping[str, ParamValue]
    outcome: Outcome
    error: str | None
    estimate: float | None = None


@dataclass(frozen=True)
class Asked:
    """A trial was asked. `known`: it stood in the ledger already."""

    trial: int
    candidate: str
    params: Mapping[str, ParamValue]
    known: bool


@dataclass(frozen=True)
class Finished:
    """A unit's result has arrived, in any order. Its fit took `wall_s`, and `cpu_s` of a CPU."""

    unit: Unit
    outcome: Outcome
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Retried:
    """A unit was started anew because its worker died."""

    unit: Unit
    times: int


@dataclass(frozen=True)
class AtHand:
    """All fits of a trial have ended, and none failed; it is not its turn to be settled yet."""

    trial: TrialScore
    longest_s: float


@dataclass(frozen=True)
class Settled:
    """A trial is settled. `settled_units` counts all units settled by now; its longest fit took `longest_s`."""

    trial: TrialScore | UnscoredTrial
    settled_units: int
    known: bool
    longest_s: float


@dataclass(frozen=True)
class BestChanged:
    """A settled trial is the best one by now."""

    trial: TrialScore


@dataclass(frozen=True)
class Cut:
    """The search ended before its work did, after so many settled units."""

    settled_units: int


Event = Asked | Finished | Retried | AtHand | Settled | BestChanged | Cut


@dataclass(frozen=True)
class SearchResult:
    """What a search found; units that were not settled are in none of it. Bounded: the ledger has all trials.

    `leaders`: the best trials, best first, and the baseline wherever it stands; `unscored`: the first ones by number.
    `outcomes` counts settled trials; `decisions` holds what was decided here, and what a replay or the ledger says of
    the time after the search; `clock_events` is their number.
    """

    leaders: tuple[TrialScore, ...]
    unscored: tuple[UnscoredTrial, ...]
    outcomes: Mapping[str, int]
    decisions: tuple[Decision, ...]
    asked: int
    settled_units: int
    retried: int

    @property
    def best(self) -> TrialScore | None:
        """The winner; None where no trial has a score."""
        return self.leaders[0] if self.leaders else None

    @property
    def clock_events(self) -> int:
        """How many choices looked at a clock, at measured memory, or at a worker that died."""
        return len(self.decisions)
