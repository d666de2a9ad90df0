"""What comes after the final fits, prepared and measured before the search has its first results."""

from __future__ import annotations

import threading
import time
from importlib import import_module

import numpy as np

from automl.driver.finish import Examiner
from automl.fit import FitContext
from automl.select.interval import resamples

NEEDED = ("sklearn.metrics", "jinja2")  # imported late, for a run that ends early needs none of them
PACKAGE_S = 0.6  # package, report, and the end of all processes, on an idle machine
GUESS_S = 0.5  # the interval of the estimate, before it is measured
SCORED = 3  # times, of which the fastest counts


class Rehearsal:
    """`seconds`: CPU time of the tail of a run, a guess until it is measured."""

    def __init__(self, context: FitContext) -> None:
        self._context = context
        self.seconds = PACKAGE_S + GUESS_S
        self._thread: threading.Thread | None = None

    def start(self, beside: bool) -> None:
        """Import and measure. What cannot be prepared is left to the end, which says what is wrong.

        `beside`: in a thread of its own, while workers do the fits; else at once, for fits run in this process, too.
        A user's own metric need not stand threads: it is never called in another one.
        """
        if not beside or self._context.plan.scorer.source is not None:
            self._rehearse()
            return
        self._thread = threading.Thread(target=self._rehearse, name="automl-rehearsal", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until nothing is done beside the driver any more."""
        if self._thread is not None:
            self._thread.join()

    def _rehearse(self) -> None:
        try:
            for name in NEEDED:
                import_module(name)
            self.seconds = PACKAGE_S + self._interval_s()
        except Exception:
            return

    def _interval_s(self) -> float:
        """The interval finds the holdout once and scores it many times, on predictions that know nothing here."""
        if self._context.plan.rows.held_out is None:
            return 0.0
        examiner, width = Examiner(self._context), max(1, len(self._context.plan.classes))
        began = time.thread_time()
        rows = examiner.rows
        found_s = time.thread_time() - began
        draws = np.random.Generator(np.random.PCG64(0))
        drawn = draws.random((rows, width))
        prediction = drawn / drawn.sum(axis=1, keepdims=True) if width > 1 else drawn
        score, at, times = examiner.resampled(prediction, None), draws.permutation(rows), []
        for _ in range(SCORED):
            began = time.thread_time()
            score(at)
            times.append(time.thread_time() - began)
        return found_s + min(times) * resamples(rows)
