"""One contract, every executor of the registry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automl.executors import EXECUTORS, open_executor
from automl.executors.settings import ExecutorSettings
from automl.jobs import Done, Executor, Job, Outcome
from tests.executors.conftest import CONTEXT
from tests.support.jobs import job, obey

MIB = 2**20
Run = Callable[..., dict[str, Done]]


@pytest.fixture(scope="module", params=sorted(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "ray":
        yield request.getfixturevalue("on_ray")
        return
    opened = open_executor(request.param, obey, CONTEXT, ExecutorSettings(workers=2))
    yield opened
    opened.close()


@pytest.fixture
def do(executor: Executor) -> Run:
    def all_of(*jobs: Job) -> dict[str, Done]:
        for one in jobs:
            executor.submit(one)
        found: dict[str, Done] = {}
        while (done := executor.wait()) is not None:
            assert done.key not in found, "a job came back twice"
            found[done.key] = done
        return found

    return all_of


def test_all_jobs_come_back_once_and_nothing_more(do: Run) -> None:
    found = do(*(job(f"k{i}", "echo", value=i) for i in range(40)))
    assert {key: done.value for key, done in found.items()} == {f"k{i}": i for i in range(40)}
    assert all(done.outcome is Outcome.OK and done.retried == 0 and done.wall_s >= 0 for done in found.values())


def test_nothing_under_way_is_none(executor: Executor) -> None:
    assert executor.wait() is None
    assert executor.wait(0.01) is None


def test_exceptions_are_outcomes_of_one_line(do: Run) -> None:
    found = do(job("a", "fail", text="x" * 2000), job("b", "leave"), job("c", "missing"))
    assert {done.outcome for done in found.values()} == {Outcome.FAILED}
    text = found["a"].error or ""
    assert text.startswith("ValueError: bad value xxx")
    assert text.endswith("in _fail)")
    assert "\n" not in text
    assert len(text) < 600
    assert "/" not in text, "a path of this machine"
    assert (found["b"].error or "").startswith("SystemExit: 3")
    assert "ModuleNotFoundError" in (found["c"].error or "")


@pytest.mark.parametrize("what", ["lock", "lambda"])
def test_what_cannot_be_pickled_fails(do: Run, what: str) -> None:
    done = do(job("a", what))["a"]
    assert done.outcome is Outcome.FAILED
    assert "pickle" in (done.error or "").lower()
    assert done.value is None


def test_nan_passes_through(do: Run) -> None:
    value: Any = do(job("a", "nan"))["a"].value
    assert math.isnan(value)


def test_deadlines_and_the_jobs_after_them(do: Run) -> None:
    """With Ray both workers are killed, and starting new ones takes longer than the next jobs' whole deadline."""
    stuck = ("sleep", "spin", "swallow")
    late = [job(f"late-{what}", what, seconds=30.0, timeout_s=0.3) for what in stuck]
    found = do(*late, *(job(f"next{i}", "sleep", seconds=0.01, timeout_s=0.3) for i in range(4)))
    for what in stuck:
        done = found[f"late-{what}"]
        assert done.outcome is Outcome.TIMEOUT
        assert 0.25 <= done.wall_s < 5.0
        assert "0.3 s" in (done.error or "")
    assert [found[f"next{i}"].outcome for i in range(4)] == [Outcome.OK] * 4


def test_wait_gives_up_in_time_and_the_job_still_comes(executor: Executor) -> None:
    executor.submit(job("slow", "sleep", seconds=0.5))
    assert executor.wait(0.1) is None
    done = executor.wait(20.0)
    assert done is not None
    assert (done.key, done.outcome) == ("slow", Outcome.OK)


def test_memory_errors(do: Run) -> None:
    found = do(
        job("much", "allocate", bytes=400 * MIB, memory_bytes=100 * MIB),
        job("chained", "memory"),
        job("fits", "allocate", bytes=50 * MIB, memory_bytes=200 * MIB),
        job("unlimited", "allocate", bytes=400 * MIB),
    )
    assert found["much"].outcome is Outcome.OUT_OF_MEMORY
    assert found["chained"].outcome is Outcome.OUT_OF_MEMORY
    assert found["fits"].outcome is Outcome.OK
    assert found["unlimited"].outcome is Outcome.OK, "the limit must be lifted after the job"
    assert 40 * MIB < found["fits"].peak_bytes < 80 * MIB


def test_the_context_is_shared_once(do: Run) -> None:
    sums = do(*(job(f"s{i}", "sum") for i in range(6)))
    assert {done.value for done in sums.values()} == {float(CONTEXT["table"].sum())}
    places = do(*(job(f"p{i}", "place") for i in range(12)))
    assert len({done.value for done in places.values()}) <= 2, "one copy in each worker"


def test_threads_are_pinned_in_other_processes(executor: Executor, do: Run) -> None:
    if executor.workers == 1:
        pytest.skip("inline pins the pools of this process with threadpoolctl")
    assert do(job("e", "environment", name="OPENBLAS_NUM_THREADS"))["e"].value == "1"


@pytest.mark.parametrize("name", sorted(EXECUTORS))
def test_close_twice(name: str, request: pytest.FixtureRequest) -> None:
    if name == "ray":
        request.getfixturevalue("ray_cluster")
    opened = open_executor(name, obey, CONTEXT, ExecutorSettings(workers=1))
    opened.submit(job("never", "sleep", seconds=60.0))
    opened.close()
    opened.close()
    assert opened.wait(0.0) is None


@pytest.mark.parametrize("executor", ["local", "ray"], indirect=True)
class TestOtherProcesses:
    """What only an executor with worker processes can survive."""

    def test_a_dead_worker_is_tried_once_more(self, do: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        found = do(
            job("dies", "segfault"),
            job("once", "die_once", mark=str(tmp_path / "mark")),
            job("lives", "echo", value=2),
            job("loud", "shout"),
        )
        dies, once = found["dies"], found["once"]
        assert (dies.outcome, dies.crashed) == (Outcome.FAILED, True)
        assert (once.outcome, once.value, once.crashed) == (Outcome.OK, "second life", False)
        # With Ray they may have shared a call, which was taken back: one start more, that counts for nothing.
        assert dies.retried in (1, 2) and once.retried in (1, 2)
        assert found["lives"].value == 2
        assert capfd.readouterr() == ("", ""), "workers must be quiet"
