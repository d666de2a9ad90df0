"""How the workers' time went while the search ran: the figures of result.json."""

from __future__ import annotations

import time
from typing import Any

from automl.search.events import Event, Finished

SLOTS_PER_WORKER = 4  # keeps 98 % of 16 to 10,000 workers busy where forecasts are wrong by a factor of 1.6 (0014)


class Usage:
    """Counts the fits of one session, from its making until `told` is asked for. Times are seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._wall = self._cpu = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Finished):
            self._wall += event.wall_s
            self._cpu += event.cpu_s

    def told(self, workers: int) -> dict[str, Any]:
        """`workers`, `searched_s`; `fit_wall_s` and `fit_cpu_s` of all fits that finished; `utilisation`: the share of
        workers x searched_s that is fit_wall_s; `overhead_s`: the rest of it (docs/reference/result.md)."""
        search = time.monotonic() - self._began
        held = workers * search
        return {
            "workers": workers,
            "searched_s": round(search, 3),
            "fit_wall_s": round(self._wall, 3),
            "fit_cpu_s": round(self._cpu, 3),
            "overhead_s": round(max(0.0, held - self._wall), 3),
            "utilisation": round(min(1.0, self._wall / held), 4) if held > 0 else 0.0,
        }


def too_few_slots(slots: int, workers: int) -> tuple[str, str] | None:
    """What to say where workers can never all have something to do: the message, and what to do about it."""
    if workers <= slots:
        return None
    text = f"search.parallelism is {slots}: never more than {slots} of the {workers} workers have something to do"
    return (
        text,
        f"set search.parallelism to {SLOTS_PER_WORKER * workers}: another plan, so another search",
    )
