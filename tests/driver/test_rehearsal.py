"""The tail of a run is measured where nothing else is disturbed by it."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.catalog.metrics import METRICS
from automl.driver.rehearsal import Rehearsal
from automl.rows import RowContext, RowSet


def where(patch: pytest.MonkeyPatch, source: str | None, beside: bool) -> threading.Thread:
    """The thread in which it is measured; none is left at work."""
    found: list[threading.Thread] = []

    def measure(_: Rehearsal) -> float:
        found.append(threading.current_thread())
        return 0.0

    patch.setattr(Rehearsal, "_interval_s", measure)
    context: Any = SimpleNamespace(plan=SimpleNamespace(scorer=SimpleNamespace(source=source)))
    rehearsal = Rehearsal(context)
    rehearsal.start(beside)
    rehearsal.join()
    (thread,) = found
    assert thread is threading.current_thread() or not thread.is_alive()
    return thread


def test_beside_workers_in_a_thread_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert where(monkeypatch, None, beside=True) is not threading.current_thread()


def test_not_beside_fits_of_this_process_nor_with_a_users_own_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    assert where(monkeypatch, None, beside=False) is threading.current_thread()
    assert where(monkeypatch, "sha256:of a module", beside=True) is threading.current_thread()


def test_the_holdout_is_found_once_and_not_for_each_of_the_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interval finds it once, too, for hundreds of scores; it takes longer than most of these."""
    clock: list[float] = [0.0]

    def resolve(_rows: object, _held_out: object) -> np.ndarray:
        clock[0] += 100.0
        return np.arange(50)

    monkeypatch.setattr("automl.driver.finish.Rows.resolve", resolve)
    monkeypatch.setattr("automl.driver.rehearsal.time", SimpleNamespace(thread_time=lambda: clock[0]))
    plan = SimpleNamespace(
        rows=SimpleNamespace(held_out=RowSet()),
        classes=("a", "b"),
        metric="roc_auc",
        scorer_of=METRICS.__getitem__,
    )
    target = np.arange(60) % 2
    dataset = SimpleNamespace(context=RowContext(60, None, None, None, None), target=target, weights=None)
    context: Any = SimpleNamespace(plan=plan, dataset=dataset)
    assert Rehearsal(context)._interval_s() == 100.0
