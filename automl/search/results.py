"""The results of the units on slots, wherever they come from: a worker, an earlier session, or a replay."""

from __future__ import annotations

from collections.abc import Iterable

from automl.jobs import Outcome
from automl.search.decisions import Decision, forced_outcomes
from automl.search.record import Record
from automl.search.scoring import UnitResult
from automl.search.virtual import Unit


class Results:
    """Results by unit, from `want` to `take`. Several units may share a job, and so its result in the record."""

    def __init__(self, record: Record, replay: Iterable[Decision]) -> None:
        """`replay`: decisions whose outcomes are taken over in the place of a fit."""
        self._record = record
        self._forced = forced_outcomes(replay)
        self._keys: dict[Unit, str] = {}  # of the jobs
        self._replayed: dict[Unit, UnitResult] = {}

    def want(self, unit: Unit, key: str) -> bool:
        """A unit is on a slot: whether its result is at hand, so that its job need not be run."""
        self._keys[unit] = key
        forced = self._forced.get(unit)
        if forced is None:
            return self._record.want(key)
        text = "as recorded in the decisions that are replayed"
        self._replayed[unit] = UnitResult(key, forced, error=text, crashed=forced is Outcome.FAILED)
        return True

    def key(self, unit: Unit) -> str:
        """The key of the unit's job."""
        return self._keys[unit]

    def peek(self, unit: Unit) -> UnitResult | None:
        """The unit's result; None: it is not at hand."""
        return self._replayed.get(unit) or self._record.peek(self._keys[unit])

    def take(self, unit: Unit) -> UnitResult:
        """The result, which is at hand: the unit leaves its slot."""
        key = self._keys.pop(unit)
        return self._replayed.pop(unit, None) or self._record.take(key)
