"""Progress on stderr: a bar on a terminal, plain lines elsewhere (milestones, and one line every few seconds)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from automl.cli.reply import printable
from automl.cli.screen import Screen, write
from automl.cli.waiting import waiting_text
from automl.driver.options import Stage, Waiting, Watch
from automl.jobs import Outcome
from automl.report.units import score_text, seconds_text
from automl.search.events import Asked, AtHand, BestChanged, Cut, Event, Finished, Retried, Settled, UnscoredTrial

EVERY_S = 5.0
REDRAW_S = 0.2


class Bar(Protocol):
    """What is used of a tqdm bar."""

    total: Any
    n: Any

    def refresh(self) -> object:
        """Draw it again."""

    def set_postfix_str(self, s: str, refresh: bool) -> object:
        """The text behind the bar."""

    def close(self) -> None:
        """End its line."""


class Progress:
    """Keeps the counts and says when something is worth a line. O(1) memory per run."""

    def __init__(self, screen: Screen, bar: Bar | None, clock: Callable[[], float]) -> None:
        self._screen, self._bar, self._clock = screen, bar, clock
        self._began = self._told = self._drawn = clock()
        self._settled = self._pruned = self._failed = 0
        self._budget: int | None = None
        self._best: str | None = None

    def __call__(self, event: Event | Stage | Waiting) -> None:
        """Take in one event; print where it is due."""
        match event:
            case Settled():
                self._settle(event)
            case BestChanged():
                self._best = f"{score_text(event.trial.score)} ({event.trial.candidate})"
            case Finished():
                self._tick()
            case Cut():
                self._line(f"time is up after {event.settled_units} fits; {self.summary()}")
            case Retried():
                trial, rung, fold = event.unit
                self._detail(f"trial {trial}, rung {rung}, fold {fold}: its worker died; tried again")
            case Asked() | AtHand():
                pass
            case Stage():
                self._stage(event)
            case Waiting():
                self._line(waiting_text(event))
        if self._bar is not None:
            self._draw(self._bar)

    def _settle(self, event: Settled) -> None:
        trial = event.trial
        self._settled += 1
        if isinstance(trial, UnscoredTrial):
            self._pruned += trial.outcome is Outcome.PRUNED
            self._failed += trial.outcome is not Outcome.PRUNED
        if event.known:  # it stood in the ledger of the run that is continued
            return
        ended = (
            f"{trial.outcome.value} {trial.error or ''}"
            if isinstance(trial, UnscoredTrial)
            else score_text(trial.score)
        )
        self._detail(f"trial {trial.number}: {trial.candidate} {ended}".rstrip())
        self._tick()

    def _stage(self, event: Stage) -> None:
        if event.kind == "plan":
            self._budget = event.trials
        title = STAGES.get(event.kind, event.kind)
        self._line(f"{title}: {event.message}" if event.message else title)

    def _tick(self) -> None:
        if self._bar is None and self._clock() - self._told >= EVERY_S:
            self._line(self.summary())

    def summary(self) -> str:
        """`12 of 60 trials (1 without a score), best 0.91 (lightgbm), 34.0 s`."""
        of = f"{self._settled} of {self._budget} trials" if self._budget else f"{self._settled} trials"
        unscored = ((self._pruned, "stopped early"), (self._failed, "without a score"))
        counted = ", ".join(f"{number} {words}" for number, words in unscored if number)
        failed = f" ({counted})" if counted else ""
        best = f", best {self._best}" if self._best else ""
        return f"{of}{failed}{best}, {seconds_text(self._clock() - self._began)}"

    def _detail(self, text: str) -> None:
        if self._screen.verbose:
            self._line(text)

    def _line(self, text: str) -> None:
        self._told = self._clock()
        if self._bar is None:
            self._screen.say(text)
            return
        from tqdm import tqdm

        with tqdm.external_write_mode(file=sys.stderr):  # above the bar
            write(sys.stderr, printable(text) + "\n")

    def _draw(self, bar: Bar) -> None:
        bar.total, bar.n = self._budget, self._settled
        bar.set_postfix_str(f"best {self._best}" if self._best else "", refresh=False)
        if self._clock() - self._drawn >= REDRAW_S:
            self._drawn = self._clock()
            bar.refresh()


STAGES = {
    "plan": "search",
    "resume": "continued",
    "final": "fitting the winner on all rows",
    "score": "scores and their interval on the holdout",
    "emit": "writing the package",
    "note": "note",
}


@contextmanager
def progress(screen: Screen) -> Iterator[Watch]:
    """The watcher for `train`: silent when quiet, a bar where stderr is a terminal."""
    if screen.quiet:
        yield _ignore
        return
    bar = _open_bar() if screen.live else None
    try:
        yield Progress(screen, bar, time.monotonic)
    finally:
        if bar is not None:
            bar.close()


def _open_bar() -> Bar:
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread of its own: the bar is drawn when something happens
    bar: Bar = tqdm(total=None, unit="trial", file=sys.stderr, dynamic_ncols=True, leave=False)
    return bar


def _ignore(_event: Event | Stage | Waiting) -> None:
    """For --quiet."""
