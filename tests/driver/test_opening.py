"""What takes Ray's place where time is short, and what becomes of a Ray that nobody waits for."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.driver import opening as module
from automl.driver.opening import RESTART_S, Opening
from automl.driver.options import TrainOptions
from automl.driver.reserve import Finishers

PATIENCE_S = 60.0
CONTEXT: Any = {"table": 1}


class Executor:
    """Has workers, and does nothing."""

    def __init__(self, workers: int = 1, started: bool = True) -> None:
        self.workers, self.started, self.closed = workers, started, threading.Event()

    def has_started(self, _timeout_s: float) -> bool:
        return self.started

    def drop(self) -> None:
        pass

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings of executors that were opened; no process is started."""
    found: list[Any] = []

    def open_executor(name: str, _run: Any, _context: Any, settings: Any) -> Executor:
        found.append((name, settings))
        return Executor(settings.workers or 1)

    monkeypatch.setattr(module, "open_executor", open_executor)
    monkeypatch.setattr("automl.executors.warm.Warm", lambda *_: SimpleNamespace(close=lambda: None))
    return found


def started(**options: Any) -> Opening:
    opening = Opening(TrainOptions(source=Path("s.yaml"), **options))
    opening.start("ray", None, 1, True)
    return opening


def test_a_ray_that_was_replaced_ends_once_it_is_up(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only when the run ends: it has the machine's CPUs and memory meanwhile."""
    up, ended = threading.Event(), threading.Event()

    def start_ray(*_: object) -> Any:
        up.wait()
        return SimpleNamespace(close=ended.set, on_disk=False)

    monkeypatch.setattr("automl.executors.session.start_ray", start_ray)
    opening = started()
    opening.executor(CONTEXT, lambda: 0.0)
    assert [name for name, _ in asked] == ["local"]
    up.set()
    assert ended.wait(PATIENCE_S)
    opening.close()


def test_what_takes_over_after_a_cut_is_written_before(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    session = SimpleNamespace(close=lambda: None, on_disk=False)
    monkeypatch.setattr("automl.executors.session.start_ray", lambda *_: session)
    monkeypatch.setattr("automl.executors.ray_tasks.RayExecutor", lambda *_, **__: Executor(8))
    opening = started()
    opening.executor(CONTEXT, lambda: PATIENCE_S)
    assert opening._spare is not None
    shared = opening._spare.get()
    opening.for_final_fits(CONTEXT, cut=True)
    assert [(name, settings.shared, settings.workers) for name, settings in asked] == [("local", shared, 2)]
    opening.close()


def test_what_final_fits_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a cluster its workers count, not the CPUs of the driver's machine; and a busy one has to start anew."""
    monkeypatch.setattr(module, "cpu_count", lambda: 1)
    opening = Opening(TrainOptions(source=Path("s.yaml"), executor="ray", address="10.0.0.1:6379"))
    opening._opened.append(Executor(8))  # type: ignore[arg-type]
    assert opening.finishers() == Finishers(2, RESTART_S)
    for name in ("inline", "local", "ray"):
        assert Opening(TrainOptions(source=Path("s.yaml"), executor=name)).finishers() == Finishers(1)
    assert Opening(TrainOptions(source=Path("s.yaml"), executor="local", workers=4)).finishers() == Finishers(2)
