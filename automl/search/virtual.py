"""Virtual time: in which order units are settled, whatever the machine does.

Units are played on P slots with the costs that the plan predicts. They are settled in the order in which they end
there. Real workers only decide how long the driver has to wait.
"""

from __future__ import annotations

import heapq
import math
from typing import NamedTuple


class Unit(NamedTuple):
    """One fit: a trial's number, a rung's and a fold's. The order of units is that of the three."""

    trial: int
    rung: int
    fold: int


class VirtualTime:
    """P slots and a clock that only moves when a unit ends. Pure: equal calls, equal answers."""

    def __init__(self, slots: int) -> None:
        if slots < 1:
            raise ValueError(f"slots must be 1 or more, not {slots}")
        self._slots = slots
        self._running: list[tuple[float, Unit]] = []
        self._now = 0.0

    @property
    def free(self) -> int:
        """Slots without a unit."""
        return self._slots - len(self._running)

    @property
    def now(self) -> float:
        """The virtual moment at which the last unit ended, in predicted seconds."""
        return self._now

    def place(self, unit: Unit, cost: float) -> float:
        """Start a unit now on a free slot; its virtual end. Raises ValueError: no free slot, or no real cost."""
        if not self.free:
            raise ValueError("no free slot")
        if not (math.isfinite(cost) and cost >= 0.0):
            raise ValueError(f"a cost must be finite and not negative, not {cost}")
        end = self._now + cost
        heapq.heappush(self._running, (end, unit))
        return end

    def next_end(self) -> Unit | None:
        """Take the unit that ends first off its slot (of equal ones the lowest); None where all are free."""
        if not self._running:
            return None
        self._now, unit = heapq.heappop(self._running)
        return unit
