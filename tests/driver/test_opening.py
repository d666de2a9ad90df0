"""What takes Ray's place where time is short, and what becomes of a Ray that nobody waits for."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.driver import opening as module
from automl.driver.opening import RESTART_S, TAKE_OVER_S, Opening
from automl.driver.options import TrainOptions
from automl.driver.reserve import Finishers

PATIENCE_S = 60.0
CONTEXT: Any = {"table": 1}


class Executor:
    """Has workers, and does nothing."""

    def __init__(self, workers: int = 1, started: bool = True) -> None:
        self.workers, self.started, self.closed = workers, started, threading.Event()
        self.waited_s = -1.0

    def has_started(self, timeout_s: float) -> bool:
        self.waited_s = timeout_s
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


ADDRESS = "10.0.0.1:6379"


@pytest.fixture
def joined(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> Executor:
    """The executor on a cluster that is joined: it may never have a worker."""
    cluster, session = Executor(8), SimpleNamespace(close=lambda: None, on_disk=False)
    monkeypatch.setattr("automl.executors.session.start_ray", lambda *_: session)
    monkeypatch.setattr("automl.executors.ray_tasks.RayExecutor", lambda *_, **__: cluster)
    return cluster


def test_a_cluster_without_workers_in_time_is_replaced(joined: Executor, asked: list[Any]) -> None:
    joined.started = False
    opening = started(address=ADDRESS)
    here = opening.executor(CONTEXT, lambda: PATIENCE_S)
    assert [(name, settings.workers) for name, settings in asked] == [("local", 2)]
    assert joined.closed.wait(PATIENCE_S)
    assert joined.waited_s == PATIENCE_S - TAKE_OVER_S, "what takes its place needs time, too"
    (note,) = opening.notes
    assert note.code == "RUN009" and ADDRESS in note.message and "local" not in str(note.hint)
    assert opening.for_final_fits(CONTEXT, cut=True) is here and opening.finishers() == Finishers(2)
    opening.close()


def test_a_cluster_that_is_there_does_the_final_fits_itself(joined: Executor, asked: list[Any]) -> None:
    opening = started(address=ADDRESS)
    assert opening.executor(CONTEXT, lambda: PATIENCE_S) is joined
    assert opening._warm is None and opening._spare is None, "nothing stands by that is not needed any more"
    assert opening.for_final_fits(CONTEXT, cut=True) is joined
    assert (asked, opening.notes, opening.finishers()) == ([], [], Finishers(2, RESTART_S))
    opening.close()


def test_a_cluster_is_waited_for_where_this_machine_is_too_small(
    joined: Executor, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "cpu_count", lambda: 2)
    joined.started = False
    opening = Opening(TrainOptions(source=Path("s.yaml"), address=ADDRESS))
    opening.start("ray", None, 3, True)
    assert opening.executor(CONTEXT, lambda: 0.0) is joined and asked == []
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
