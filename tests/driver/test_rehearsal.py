"""The tail of a run is measured where nothing else is disturbed by it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.catalog.metrics import METRICS, THRESHOLDS
from automl.driver.rehearsal import PACKAGE_S, Rehearsal
from automl.driver.reserve import Tail
from automl.plan import BASELINE, TrialScore
from automl.rows import RowContext, RowSet
from automl.search.events import Settled
from automl.select.interval import resamples

OWN = "sha256:of a module"


def where(patch: pytest.MonkeyPatch, beside: bool) -> threading.Thread:
    """The thread in which it is measured; none is left at work."""
    found: list[threading.Thread] = []

    def measure(*_: object) -> Tail:
        found.append(threading.current_thread())
        return Tail(0.0)

    patch.setattr(Rehearsal, "_tail", measure)
    rehearsal = Rehearsal(binary())
    rehearsal.start(beside)
    rehearsal.join()
    (thread,) = found
    assert thread is threading.current_thread() or not thread.is_alive()
    return thread


def test_beside_workers_in_a_thread_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert where(monkeypatch, beside=True) is not threading.current_thread()


def test_not_beside_fits_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert where(monkeypatch, beside=False) is threading.current_thread()


def test_the_holdout_is_found_once_and_not_for_each_of_the_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval finds it once, too, for hundreds of scores; it takes longer than most of these."""
    clock: list[float] = [0.0]

    def resolve(_rows: object, _held_out: object) -> np.ndarray:
        clock[0] += 100.0
        return np.arange(50)

    monkeypatch.setattr("automl.driver.finish.Rows.resolve", resolve)
    times = SimpleNamespace(thread_time=lambda: clock[0], monotonic=time.monotonic)
    monkeypatch.setattr("automl.driver.rehearsal.time", times)
    assert Rehearsal(binary())._tail(None) == Tail(PACKAGE_S, 100.0)


def baseline(longest_s: float) -> Settled:
    trial = TrialScore(number=BASELINE, candidate="constant", params={}, folds=(), score=0.5)
    return Settled(trial, 3, False, longest_s)


def test_a_users_own_metric_that_is_slow_is_seen_and_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its fits in the workers have told: nobody waits for it in the driver, where nothing could end it."""
    monkeypatch.setattr("automl.driver.finish.measure", lambda *_: pytest.fail("called"))
    for needs, calls in (("value", 1), ("label", 1 + len(THRESHOLDS))):
        rehearsal = Rehearsal(binary(OWN, chooses_threshold=needs == "label"))
        rehearsal.start(beside=True)
        guess = rehearsal.tail
        rehearsal(replace(baseline(30.0), trial=other(7)))
        assert rehearsal.tail == guess, "only the baseline takes no time of its own"
        rehearsal(baseline(30.0))
        assert rehearsal.tail.interval_s == pytest.approx(resamples(60) * 30.0 / calls, abs=1.0)
        assert rehearsal.tail.baseline_s == 30.0 / calls


def test_a_users_own_metric_that_sleeps_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock, in the driver's thread, and once where that takes long."""
    calls: list[threading.Thread] = []

    def measure(*_: object) -> float:
        calls.append(threading.current_thread())
        time.sleep(0.05)
        return 0.0

    monkeypatch.setattr("automl.driver.finish.measure", measure)
    monkeypatch.setattr("automl.driver.rehearsal.ENOUGH_S", 0.01)
    rehearsal = Rehearsal(binary(OWN))
    rehearsal.start(beside=True)
    assert calls == []
    rehearsal(baseline(0.1))
    assert calls == [threading.current_thread()]
    assert rehearsal.tail.interval_s >= resamples(60) * 0.05 and rehearsal.tail.baseline_s >= 0.05


def other(number: int) -> TrialScore:
    return TrialScore(number=number, candidate="linear", params={}, folds=(), score=0.5)


def binary(source: str | None = None, chooses_threshold: bool = False) -> Any:
    """A table of sixty rows, all of them in the holdout."""
    metric = replace(METRICS["roc_auc"], source=source, chooses_threshold=chooses_threshold)
    rows = SimpleNamespace(held_out=RowSet())
    plan = SimpleNamespace(rows=rows, classes=("a", "b"), metric="roc_auc", scorer=metric, scorer_of=lambda _: metric)
    target = np.arange(60) % 2
    dataset = SimpleNamespace(context=RowContext(60, None, None, None, None), target=target, weights=None)
    return SimpleNamespace(plan=plan, dataset=dataset, modules=None)
