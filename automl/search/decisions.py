"""Choices that looked at a clock, at measured memory, or at a machine that failed: recorded, and replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from automl.errors import error
from automl.jobs import Outcome
from automl.search.virtual import Unit
from automl.value import Value

DecisionKind = Literal["cut", "extended", "timeout", "out_of_memory", "crashed", "chosen", "no_interval"]

_AFTER: tuple[DecisionKind, ...] = ("chosen", "no_interval")

_OUTCOMES: dict[str, Outcome] = {
    "timeout": Outcome.TIMEOUT,
    "out_of_memory": Outcome.OUT_OF_MEMORY,
    "crashed": Outcome.FAILED,
}


class Decision(Value):
    """A choice by its kind. `cut`: the search ended after `settled` units; of the trials that were under way it takes
    along the `late` ones, all of whose fits had ended, though not in their turn. `extended`: a session with a larger
    budget went on; the cut (and what was chosen) before it counts no longer. `chosen`: `trial` is the best one that
    could be fitted on all rows in the time left. `no_interval`: the score on the holdout has no interval, for lack of
    time. Otherwise: how the unit (`trial`, `rung`, `fold`) ended.
    """

    kind: DecisionKind
    trial: int | None = None
    rung: int | None = None
    fold: int | None = None
    settled: int | None = None
    late: tuple[int, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that say something."""
        return self.model_dump(mode="json", exclude_none=True)


class Standing:
    """Which of the decisions in a ledger hold for the sessions to come, once all its lines were taken in, in order.

    `refused`: the line that says so, where the last session ended with a winner that missed a criterion.
    """

    def __init__(self) -> None:
        self.cut: Decision | None = None
        self.chosen: Decision | None = None
        self.no_interval: Decision | None = None
        self.refused: Mapping[str, Any] | None = None

    @property
    def after(self) -> tuple[Decision, ...]:
        """What was decided after the search."""
        return tuple(decision for decision in (self.chosen, self.no_interval) if decision is not None)

    def __call__(self, line: Mapping[str, Any]) -> Decision | None:
        """One more line. The decision that it is; None for other lines."""
        if line["event"] in ("session", "refused"):
            self.refused = line if line["event"] == "refused" else None
        if line["event"] != "decision":
            return None
        decision = Decision.model_validate({name: value for name, value in line.items() if name != "event"})
        if decision.kind == "cut":
            self.cut = decision
        elif decision.kind == "chosen":
            self.chosen = decision
        elif decision.kind == "no_interval":
            self.no_interval = decision
        elif decision.kind == "extended":
            self.cut = self.chosen = self.no_interval = None
        return decision


def for_unit(unit: Unit, outcome: Outcome, crashed: bool) -> Decision | None:
    """The decision that a unit's end is, or None for an end that is the same on every machine."""
    kinds: dict[Outcome, DecisionKind] = {Outcome.TIMEOUT: "timeout", Outcome.OUT_OF_MEMORY: "out_of_memory"}
    kind: DecisionKind | None = "crashed" if crashed else kinds.get(outcome)
    return None if kind is None else Decision(kind=kind, trial=unit.trial, rung=unit.rung, fold=unit.fold)


def read_decisions(values: Iterable[Mapping[str, Any]]) -> tuple[Decision, ...]:
    """Decisions from JSON values. Raises AutomlError (SEA003) that names every entry it cannot read."""
    found, wrong = [], []
    for position, value in enumerate(values):
        try:
            decision = Decision.model_validate(dict(value))
        except (ValidationError, TypeError, ValueError):
            wrong.append(position)
            continue
        if any(field is None or field < 0 for field in _needed(decision)):
            wrong.append(position)
        found.append(decision)
    if wrong:
        places = ", ".join(str(position) for position in wrong)
        raise error("SEA003", f"decisions that cannot be read, at {places} (counted from 0)", hint="was it edited?")
    return tuple(found)


def _needed(decision: Decision) -> tuple[int | None, ...]:
    """The fields without which a decision says nothing, and what must be numbers of trials."""
    if decision.kind == "cut":
        return (decision.settled, *(decision.late or ()))
    if decision.kind in ("extended", "no_interval"):
        return ()
    return (decision.trial,) if decision.kind == "chosen" else (decision.trial, decision.rung, decision.fold)


def forced_outcomes(decisions: Iterable[Decision]) -> dict[Unit, Outcome]:
    """The units whose outcome stands in the decisions."""
    return {
        Unit(d.trial, d.rung, d.fold): _OUTCOMES[d.kind]
        for d in decisions
        if d.kind in _OUTCOMES and d.trial is not None and d.rung is not None and d.fold is not None
    }


def cut_of(decisions: Iterable[Decision]) -> Decision | None:
    """Where the search was cut; None: it was not."""
    cuts = [decision for decision in decisions if decision.kind == "cut"]
    return cuts[-1] if cuts else None


def chosen(decisions: Iterable[Decision]) -> int | None:
    """The trial that wins although there were better ones, for these could not be fitted on all rows in time."""
    return next((d.trial for d in decisions if d.kind == "chosen"), None)


def without_interval(decisions: Iterable[Decision]) -> bool:
    """Whether the interval of the holdout's score was left out."""
    return any(d.kind == "no_interval" for d in decisions)


def after_search(decisions: Iterable[Decision]) -> list[Decision]:
    """Those that were taken once the search had ended."""
    return [d for d in decisions if d.kind in _AFTER]
