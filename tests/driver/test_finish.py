"""The final fits end at one moment, however many there are in a row and whatever their workers do before."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from automl.driver import finish
from automl.driver.finish import fit_final
from automl.fit import Fitted
from automl.jobs import Activity, Done, Job, Outcome
from automl.plan import BASELINE, TrialScore
from tests.support.plans import tiny_plan

PLAN = tiny_plan()
BASE, GOOD, BEST = (
    TrialScore(number=number, candidate=candidate.id, params=candidate.defaults, folds=(), score=float(number))
    for number, candidate in enumerate(PLAN.candidates[:3])
)


class Worker:
    """One worker on the test's clock: the first job starts after `free_s`, each takes its candidate's seconds."""

    workers = 1

    def __init__(self, seconds: dict[str, float], free_s: float = 0.0) -> None:
        self.now, self.dropped = 100.0, 0
        self._seconds, self._start = seconds, self.now + free_s
        self._queue: deque[Job] = deque()

    def monotonic(self) -> float:
        return self.now

    def submit(self, job: Job) -> None:
        assert job.timeout_s is None
        self._queue.append(job)

    def wait(self, timeout_s: float | None = None) -> Done | None:
        end = max(self._start, self.now) + self._seconds[self._queue[0].candidate]
        if timeout_s is not None and end > self.now + timeout_s:
            self.now += timeout_s
            return None
        self.now = end
        return Done(self._queue.popleft().key, Outcome.OK, Fitted({}, np.zeros((1, 2)), 0.5))

    def activity(self) -> Activity:
        return Activity()

    def drop(self) -> None:
        self._queue.clear()
        self.dropped += 1

    def close(self) -> None:
        self.drop()


def taken(worker: Worker, patch: pytest.MonkeyPatch, limit_s: float) -> tuple[int, list[int], float]:
    """Whose fits were taken, who was late, and how long it took."""
    patch.setattr(finish, "time", worker)
    patch.setattr(finish, "final_params", lambda trial, _: dict(trial.params))
    end = worker.now + limit_s
    trials = [BEST, GOOD, BASE]
    final = fit_final(PLAN, worker, trials, lambda _: max(0.0, end - worker.now))
    return final.trial.number, [trial.number for trial in final.late], worker.now - 100.0


def test_fits_in_a_row_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of six seconds each do not end in ten, though each of them would."""
    worker = Worker({BEST.candidate: 6.0, GOOD.candidate: 1.0, BASE.candidate: 0.0})
    assert taken(worker, monkeypatch, 10.0) == (BASELINE, [BEST.number, GOOD.number], 10.0)
    assert worker.dropped == 1, "the moment is that of the run, not of a trial"
    worker = Worker({BEST.candidate: 6.0, GOOD.candidate: 1.0, BASE.candidate: 0.0})
    assert taken(worker, monkeypatch, 12.5) == (BEST.number, [], 12.0)


def test_time_in_which_workers_start_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker({BEST.candidate: 3.0, GOOD.candidate: 1.0, BASE.candidate: 0.0}, free_s=5.0)
    assert taken(worker, monkeypatch, 10.0)[:2] == (BASELINE, [BEST.number, GOOD.number])
