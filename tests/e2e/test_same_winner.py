"""The same package whatever the machine does: executors, workers, delays. And a search that would not give it."""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from automl.executors.inline import InlineExecutor
from automl.executors.session import Session
from automl.executors.settings import ExecutorSettings
from automl.jobs import Activity, Done, Executor, Job, Run
from automl.machine import blas
from automl.search.budget import SearchSettings
from automl.search.virtual import Unit, VirtualTime
from tests.e2e.data import write_spec
from tests.e2e.delays import delayed_run, half_delayed_run
from tests.e2e.nodes import Nodes
from tests.e2e.support import Driver, asked, events, files_of, leaderboard, run_inline, run_on, settled

SIXTY = 60


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits take a random time, wherever they run."""
    monkeypatch.setattr("automl.driver.opening.run", delayed_run)


def check_same(run: Path, reference: Path) -> None:
    """Equal in what was tried and settled, in every byte of the package, and in nothing that a clock decided."""
    assert asked(run) == asked(reference)
    assert settled(run) == settled(reference)
    assert leaderboard(run) == leaderboard(reference)
    results = [json.loads((place / "result.json").read_text()) for place in (run, reference)]
    assert results[0]["digest"] == results[1]["digest"]
    assert files_of(run / "package") == files_of(reference / "package")
    for result in results:
        assert result["clock_events"] == 0
        assert sum(result["trials"].values()) == len(asked(reference))


def test_ray_gives_the_package_of_inline(
    spec: Path, finished: Path, tmp_path: Path, ray_cluster: Session, delays: None
) -> None:
    run_on("ray", spec, tmp_path / "ray", workers=2)
    check_same(tmp_path / "ray", finished)


def test_local_processes_give_the_package_of_inline(spec: Path, finished: Path, tmp_path: Path, delays: None) -> None:
    run_on("local", spec, tmp_path / "local", workers=3)
    check_same(tmp_path / "local", finished)


@pytest.mark.slow
def test_sixty_trials_give_one_package(sixty: Path, tmp_path: Path, ray_cluster: Session, delays: None) -> None:
    for executor, workers in (("local", 1), ("local", 2), ("local", 4), ("ray", 1), ("ray", 2), ("ray", 4)):
        run_on(executor, sixty, tmp_path / f"{executor}-{workers}", workers=workers)
        check_same(tmp_path / f"{executor}-{workers}", sixty.parent / "whole")


@pytest.mark.slow
def test_eight_workers_on_two_nodes_give_it_too(
    sixty: Path, tmp_path: Path, standing: Nodes, drivers: list[Driver]
) -> None:
    arguments = [str(sixty), "--executor", "ray", "--address", standing.address, "--workers", "8"]
    drivers.append(Driver(tmp_path / "run", arguments).start())
    code, _, err = drivers[0].end()
    assert code == 0, err
    check_same(tmp_path / "run", sixty.parent / "whole")
    assert len({event["worker"] for event in events(tmp_path / "run", "finished")}) > 4, "on both nodes"


class Shuffled(InlineExecutor):
    """Jobs end in a random order, as they would on many workers."""

    def __init__(self, run: Run, context: Any, order: random.Random) -> None:
        super().__init__(run, context)
        self.order = order

    def wait(self, timeout_s: float | None = None) -> Done | None:
        if self._queue:
            self._queue.rotate(-self.order.randrange(len(self._queue)))
        return super().wait(timeout_s)


class Arrivals:
    """An executor that can say what arrives next before it is asked for it."""

    def __init__(self, inner: Executor) -> None:
        self.inner = inner
        self.workers = inner.workers
        self.submitted: deque[Job] = deque()
        self.came: deque[Done] = deque()

    def submit(self, job: Job) -> None:
        self.submitted.append(job)
        self.inner.submit(job)

    def peek(self) -> str:
        done = self.inner.wait()
        assert done is not None
        self.came.append(done)
        return done.key

    def wait(self, timeout_s: float | None = None) -> Done | None:
        return self.came.popleft() if self.came else self.inner.wait(timeout_s)

    def activity(self) -> Activity:
        return self.inner.activity()

    def drop(self) -> None:
        self.inner.drop()

    def close(self) -> None:
        self.inner.close()


class ArrivalTime(VirtualTime):
    """Deliberately wrong: what arrives first is told first, as in every search without virtual time."""

    def __init__(self, slots: int, executor: Callable[[], Arrivals]) -> None:
        super().__init__(slots)
        self._executor = executor
        self._placed: deque[Unit] = deque()
        self._units: dict[str, Unit] = {}

    @property
    def free(self) -> int:
        return self._slots - len(self._placed) - len(self._units)

    def place(self, unit: Unit, cost: float) -> float:
        self._placed.append(unit)
        return 0.0

    def next_end(self) -> Unit | None:
        executor = self._executor()
        while self._placed:  # each unit has a job: no parameters come twice in these spaces
            unit, job = self._placed.popleft(), executor.submitted.popleft()
            assert job.score_rows is not None
            assert job.score_rows.path[-1].index == unit.fold
            self._units[job.key] = unit
        return self._units.pop(executor.peek()) if self._units else None


def break_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a build that tells results in order of arrival."""
    opened: list[Arrivals] = []

    def watched(make: Callable[..., Executor], *arguments: Any, **options: Any) -> Arrivals:
        opened.append(Arrivals(make(*arguments, **options)))
        return opened[-1]

    from automl.driver import opening
    from automl.executors import ray_tasks

    monkeypatch.setattr("automl.driver.opening.open_executor", partial(watched, opening.open_executor))
    monkeypatch.setattr("automl.executors.ray_tasks.RayExecutor", partial(watched, ray_tasks.RayExecutor))
    arrival_time = partial(ArrivalTime, executor=lambda: opened[-1])
    monkeypatch.setattr("automl.training.SearchSettings", partial(SearchSettings, virtual_time=arrival_time))


def shuffle(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Let jobs end in the order of that seed."""

    def opened(name: str, run: Run, context: Any, settings: ExecutorSettings) -> Shuffled:
        return Shuffled(run, context, random.Random(seed))

    monkeypatch.setattr("automl.driver.opening.open_executor", opened)


def test_the_order_of_arrival_does_not_matter(
    spec: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shuffle(monkeypatch, 1)
    run_inline(spec, tmp_path / "shuffled")
    check_same(tmp_path / "shuffled", finished)


def check_fails(run: Path, reference: Path) -> None:
    """The comparison sees the broken build, and for the right reason."""
    assert asked(run) != asked(reference)
    with pytest.raises(AssertionError):
        check_same(run, reference)


def test_a_broken_build_fails_when_jobs_end_in_another_order(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2):
        with monkeypatch.context() as patch:
            shuffle(patch, seed)
            break_build(patch)
            run_inline(spec, tmp_path / str(seed))
    check_fails(tmp_path / "1", tmp_path / "2")


@pytest.mark.slow
def test_a_broken_build_fails_on_ray_with_delays(
    tmp_path: Path, ray_cluster: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delays that differ for certain: with random ones, two runs were once in the same order by chance."""
    spec = write_spec(tmp_path, SIXTY)
    break_build(monkeypatch)
    for half in (0, 1):
        monkeypatch.setattr("automl.driver.opening.run", partial(half_delayed_run, half=half))
        run_on("ray", spec, tmp_path / str(half), workers=4)
    check_fails(tmp_path / "0", tmp_path / "1")


def test_the_lock_does_not_depend_on_what_else_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """scipy brings a BLAS of its own: once it was named in the place of numpy's, where scipy was loaded first."""
    import scipy.linalg
    import threadpoolctl

    assert scipy.linalg.norm([3.0, 4.0]) == 5.0
    pools = threadpoolctl.threadpool_info()
    named = set()
    for order in (pools, pools[::-1]):
        monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda order=order: order)
        named.add(blas())
    assert len(named) == 1
