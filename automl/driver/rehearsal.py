"""What comes after the final fits, prepared and measured while the search waits for its workers."""

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
    """`seconds`: CPU time of the tail of a run. Imports and measures in a thread of its own, once `start` is called."""

    def __init__(self, context: FitContext) -> None:
        self._context = context
        self.seconds = PACKAGE_S + GUESS_S

    def start(self) -> None:
        """Returns at once. What cannot be prepared is left to the end, which says what is wrong."""
        threading.Thread(target=self._rehearse, name="automl-rehearsal", daemon=True).start()

    def _rehearse(self) -> None:
        try:
            for name in NEEDED:
                import_module(name)
            self.seconds = PACKAGE_S + self._interval_s()
        except Exception:
            return

    def _interval_s(self) -> float:
        """The interval scores the holdout many times: once is measured, on predictions that know nothing."""
        if self._context.plan.rows.held_out is None:
            return 0.0
        examiner, width = Examiner(self._context), max(1, len(self._context.plan.classes))
        rows = examiner.rows
        drawn = np.random.Generator(np.random.PCG64(0)).random((rows, width))
        prediction = drawn / drawn.sum(axis=1, keepdims=True) if width > 1 else drawn
        times = []
        for _ in range(SCORED):
            began = time.thread_time()
            examiner.score({self._context.plan.metric}, prediction, None)
            times.append(time.thread_time() - began)
        return min(times) * resamples(rows)
