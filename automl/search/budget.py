"""When a search ends, and what else the caller may say of it. Nothing here is part of the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from automl.errors import error
from automl.search.decisions import Decision
from automl.search.virtual import VirtualTime


@dataclass(frozen=True)
class Deadline:
    """The moment on `clock` (monotonic seconds) at which the whole run must end, and what of it is kept for what
    comes after the search: `reserve()` seconds, as far as that is known by now."""

    clock: Callable[[], float]
    end: float
    reserve: Callable[[], float] = float  # none

    def left(self) -> float:
        """Seconds until the search must end, 0 once that has passed."""
        return max(0.0, self.end - self.reserve() - self.clock())


@dataclass(frozen=True)
class SearchSettings:
    """`trials` counts asked trials, the baseline included; `deadline` is a time budget. One of them must be there, or a
    cut in `replay`: the decisions of an earlier run, taken instead of looking at a clock.

    `extend`: the budget is larger than that of the run in the ledger, so a cut that stands there no longer holds.
    `baseline`: when its score has to be there, where a user's own metric may never give one (SEA004).
    `virtual_time` is for tests. Raises AutomlError: SEA001 (no trials at all), SEA002 (no end).
    """

    trials: int | None = None
    deadline: Deadline | None = None
    replay: tuple[Decision, ...] | None = None
    extend: bool = False
    baseline: Deadline | None = None
    virtual_time: Callable[[int], VirtualTime] = VirtualTime

    def __post_init__(self) -> None:
        if self.trials is not None and self.trials < 1:
            raise error("SEA001", f"a budget of {self.trials} trials", hint="search.budget.trials must be 1 or more")
        if self.replay is not None and self.deadline is not None:
            raise ValueError("a replay looks at no clock")
        ends = self.deadline is not None or any(d.kind == "cut" for d in self.replay or ())
        if self.trials is None and not ends:
            raise error("SEA002", "the search has no end", hint="give search.budget.trials or search.budget.time")
