"""The tail of a run is measured where nothing else is disturbed by it."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from automl.driver.rehearsal import Rehearsal


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
