"""Choices that looked at a clock, at measured memory, or at a machine that failed: recorded, and replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from automl.errors import error
from automl.jobs import Outcome
from automl.search.virtual import Unit
from automl.value import Value

DecisionKind = Literal["cut", "timeout", "out_of_memory", "crashed"]

_OUTCOMES: dict[str, Outcome] = {
    "timeout": Outcome.TIMEOUT,
    "out_of_memory": Outcome.OUT_OF_MEMORY,
    "crashed": Outcome.FAILED,
}


class Decision(Value):
    """`cut`: the search ended after `settled` units. Otherwise: how the unit (`trial`, `rung`, `fold`) ended."""

    kind: DecisionKind
    trial: int | None = None
    rung: int | None = None
    fold: int | None = None
    settled: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that say something."""
        return self.model_dump(mode="json", exclude_none=True)


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
        unit = (decision.trial, decision.rung, decision.fold)
        needed = (decision.settled,) if decision.kind == "cut" else unit
        if any(field is None or field < 0 for field in needed):
            wrong.append(position)
        found.append(decision)
    if wrong:
        places = ", ".join(str(position) for position in wrong)
        raise error("SEA003", f"decisions that cannot be read, at {places} (counted from 0)", hint="was it edited?")
    return tuple(found)


def forced_outcomes(decisions: Iterable[Decision]) -> dict[Unit, Outcome]:
    """The units whose outcome stands in the decisions."""
    return {
        Unit(d.trial, d.rung, d.fold): _OUTCOMES[d.kind]
        for d in decisions
        if d.kind in _OUTCOMES and d.trial is not None and d.rung is not None and d.fold is not None
    }


def cut_of(decisions: Iterable[Decision]) -> int | None:
    """After how many settled units the search was cut; None: it was not."""
    cuts = [d.settled for d in decisions if d.kind == "cut" and d.settled is not None]
    return cuts[-1] if cuts else None
