"""What comes after the final fits, prepared and measured before the search has its first results."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module

import numpy as np

from automl.catalog.metrics import THRESHOLDS
from automl.driver.finish import Examiner
from automl.driver.reserve import Tail
from automl.fit import FitContext
from automl.plan import BASELINE
from automl.search.events import Event, Settled
from automl.select.interval import resamples

TEMPLATES, METRICS = "jinja2", "sklearn.metrics"  # imported late, for a run that ends early needs none of them
PACKAGE_S = 0.6  # package, report, and the end of all processes, on an idle machine
GUESS_S = 0.5  # the interval of the estimate, before it is measured
SCORED, ENOUGH_S = 3, 0.5  # times, or as many as take so long; the fastest counts
SLOW_S = 1.0  # a fit of the baseline that takes longer says how long a score takes; a faster one is mostly other work


class Rehearsal:
    """`tail`: what comes after the final fits takes, a guess until it is measured.

    A user's own metric may sleep, hang, or not stand threads: it is called here once the baseline's fits have shown how
    long it takes, and only in the driver's thread; a slow one is not called here at all.
    """

    def __init__(self, context: FitContext) -> None:
        self._context = context
        self._own = context.plan.scorer.source is not None
        self.tail = Tail(PACKAGE_S, GUESS_S)
        self._thread: threading.Thread | None = None

    def start(self, beside: bool) -> None:
        """Import and measure. What cannot be prepared is left to the end, which says what is wrong.

        `beside`: in a thread of its own, while workers do the fits; else at once, for fits run in this process, too.
        """
        work = partial(_import, TEMPLATES) if self._own else self._rehearse
        if not beside:
            work()
            return
        self._thread = threading.Thread(target=work, name="automl-rehearsal", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Learn from what the search tells: the baseline's fits take as long as their scores."""
        if not self._own or not isinstance(event, Settled) or event.trial.number != BASELINE:
            return
        if event.longest_s < SLOW_S:
            self._rehearse()
            return
        chooses = self._context.plan.scorer.chooses_threshold and len(self._context.plan.classes) == 2
        self.tail = self._tail(event.longest_s / (1 + len(THRESHOLDS) if chooses else 1))

    def join(self) -> None:
        """Wait until nothing is done beside the driver any more."""
        if self._thread is not None:
            self._thread.join()

    def _rehearse(self) -> None:
        _import(TEMPLATES)
        _import(METRICS)
        with suppress(Exception):
            self.tail = self._tail(None)

    def _tail(self, score_s: float | None) -> Tail:
        """The interval finds the holdout once and scores it many times; in `score_s` each, or as is measured here.

        In CPU time, which other work does not make longer; a user's own metric may sleep, and wait for others.
        """
        if self._context.plan.rows.held_out is None:
            return Tail(PACKAGE_S)
        clock = time.monotonic if self._own else time.thread_time
        examiner, began = Examiner(self._context), clock()
        rows = examiner.rows
        found_s = clock() - began
        if score_s is None:
            score_s = _score_s(examiner, clock)
        return Tail(PACKAGE_S, found_s + score_s * resamples(rows), score_s if self._own else 0.0)


def _import(name: str) -> None:
    with suppress(Exception):
        import_module(name)


def _score_s(examiner: Examiner, clock: Callable[[], float]) -> float:
    """How long one score takes, on predictions that know nothing here."""
    rows, width = examiner.rows, max(1, len(examiner.context.plan.classes))
    draws = np.random.Generator(np.random.PCG64(0))
    drawn = draws.random((rows, width))
    prediction = drawn / drawn.sum(axis=1, keepdims=True) if width > 1 else drawn
    score, at = examiner.resampled(prediction, None), draws.permutation(rows)
    times: list[float] = []
    while len(times) < SCORED and sum(times) < ENOUGH_S:
        began = clock()
        score(at)
        times.append(clock() - began)
    return min(times)
