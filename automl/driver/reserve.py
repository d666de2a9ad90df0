"""How long what comes after the search will take."""

from __future__ import annotations

from automl.plan import BASELINE
from automl.search.events import BestChanged, Event, Finished, Settled

EMIT_S = 2.0  # rendering and writing the package, and closing the workers
RESTART_S = 3.0  # ending the workers that are busy at the cut, and importing the libraries here
FINAL_SHARE = 2.0  # a fit on all rows against one on a fold's rows, with some slack
REMEMBERED = 1000  # trials


class Reserve:
    """How long the final phase will take, from the fits of the best trial so far. Keeps one number per open trial."""

    def __init__(self) -> None:
        self._walls: dict[int, float] = {}
        self._fit_s = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Finished) and event.unit.trial != BASELINE:  # its time is that of the first imports
            self._walls[event.unit.trial] = max(event.wall_s, self._walls.get(event.unit.trial, 0.0))
        elif isinstance(event, Settled):
            self._walls.setdefault(event.trial.number, 0.0)
            for number in [n for n in self._walls if n < event.trial.number - REMEMBERED]:
                del self._walls[number]
        elif isinstance(event, BestChanged):
            self._fit_s = self._walls.get(event.trial.number, self._fit_s)

    def seconds(self, workers: int) -> float:
        """Two fits, side by side where there are two workers."""
        rounds = 1 if workers > 1 else 2
        return RESTART_S + EMIT_S + rounds * FINAL_SHARE * self._fit_s
