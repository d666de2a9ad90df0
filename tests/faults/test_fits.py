"""A fit that goes wrong, in workers that are processes: its outcome, its line, the fits beside it, what it leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from automl.jobs import Done, Executor, Job, Outcome
from tests.faults.committed import FLOOD, MIB, commit
from tests.support.jobs import job

LIMIT = 300 * MIB  # what a library takes when it is first imported counts, too
LATE_S = 3.0
AGAIN = 1  # a job whose worker died under a call of several is run alone, and is not blamed
GREEDY = ("objects", "arrays", "booster", "maps")
ENDLESS = ("sleeps", "stubborn", "blocks")
DEADLY = ("segfaults", "exits", "killed")
slow = pytest.mark.slow


@pytest.fixture(params=[pytest.param("local", id="local"), pytest.param("ray", marks=slow, id="ray")])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    opened = open_executor(request.param, commit, {}, ExecutorSettings(workers=2))
    yield opened
    opened.close()


def do(executor: Executor, *faults: Job) -> dict[str, Done]:
    """Run the faults, each with good jobs before and after it, which must all be right; how the faults ended."""
    count = len(faults) + 2
    for place in range(count):
        executor.submit(job(f"good-{place}", "good", value=place))
        for fault in faults[place : place + 1]:
            executor.submit(fault)
    found: dict[str, Done] = {}
    while (done := executor.wait()) is not None:
        assert done.key not in found, "a job came back twice"
        found[done.key] = done
    good = {key: found.pop(key) for key in list(found) if key.startswith("good-")}
    assert [good[f"good-{place}"].value for place in range(count)] == list(range(count))
    assert {done.outcome for done in good.values()} == {Outcome.OK}
    assert set(found) == {fault.key for fault in faults}
    return found


def test_a_limit_that_only_the_watchdog_sees(executor: Executor) -> None:
    done = do(executor, job("maps", "maps", memory_bytes=LIMIT))["maps"]
    assert (done.outcome, done.crashed) == (Outcome.OUT_OF_MEMORY, False)
    assert done.retried <= AGAIN
    assert done.error == "its process was ended: it held more memory than its limit of 300 MiB"


@slow
def test_a_fit_that_allocates_without_end(executor: Executor) -> None:
    found = do(executor, *(job(name, name, memory_bytes=LIMIT, timeout_s=300.0) for name in GREEDY))
    assert {name: done.outcome for name, done in found.items()} == dict.fromkeys(GREEDY, Outcome.OUT_OF_MEMORY)
    assert all(not done.crashed and done.error for done in found.values())


@slow
def test_a_fit_that_dies_is_tried_once_more(executor: Executor) -> None:
    found = do(executor, *(job(name, name) for name in DEADLY), job("raises", "raises"), job("nan", "nan"))
    for name in DEADLY:
        done = found[name]
        assert (done.outcome, done.crashed) == (Outcome.FAILED, True), name
        assert 1 <= done.retried <= 1 + AGAIN
        assert "process" in (done.error or "") or "died" in (done.error or ""), done.error
        assert "\n" not in (done.error or "")
    assert found["raises"].outcome is Outcome.FAILED and not found["raises"].crashed
    assert "ValueError: no such luck" in (found["raises"].error or "")
    assert found["nan"].value != found["nan"].value, "judged by the search, see tests/search/test_failures.py"


@slow
def test_a_fit_that_never_returns(executor: Executor) -> None:
    """Also one that ignores SIGTERM, and one that blocks in C with Python's lock held."""
    found = do(executor, *(job(name, name, timeout_s=LATE_S) for name in ENDLESS))
    assert {name: done.outcome for name, done in found.items()} == dict.fromkeys(ENDLESS, Outcome.TIMEOUT)
    assert {done.error for done in found.values()} == {"stopped at its deadline of 3 s"}


@slow
def test_a_fit_that_floods_stderr(executor: Executor, capfd: pytest.CaptureFixture[str]) -> None:
    """No terminal gets it, and no log file."""
    before = _log_bytes()
    assert do(executor, job("floods", "floods"))["floods"].outcome is Outcome.OK
    assert _log_bytes() - before < FLOOD / 10
    assert capfd.readouterr() == ("", "")


def _log_bytes() -> int:
    """Size of all log files of the Ray that this process runs, if it does."""
    from ray._private import worker

    node = worker._global_node
    if node is None:
        return 0
    return sum(path.stat().st_size for path in Path(node.get_session_dir_path()).rglob("*") if path.is_file())


@slow
def test_a_worker_killed_from_outside(executor: Executor, tmp_path: Path) -> None:
    """Its job is tried once more, and is as good as any other."""
    mark = tmp_path / "mark"
    executor.submit(job("victim", "marks", mark=str(mark)))
    executor.submit(job("good", "good", value=1))
    found: dict[str, Done] = {}
    while (done := executor.wait(0.2)) is not None or len(found) < 2:
        if done is not None:
            found[done.key] = done
        elif mark.exists() and (text := mark.read_text()) and "victim" not in found:
            mark.write_text("")
            os.kill(int(text), 9)
    victim = found["victim"]
    assert (victim.outcome, victim.value, victim.crashed) == (Outcome.OK, "second life", False)
    assert 1 <= victim.retried <= 1 + AGAIN
    assert found["good"].value == 1


@slow
def test_a_forecast_beyond_this_machine_is_not_started(executor: Executor) -> None:
    from dataclasses import replace

    done = do(executor, replace(job("huge", "exits"), need_bytes=2**50))["huge"]
    assert (done.outcome, done.wall_s) == (Outcome.OUT_OF_MEMORY, 0.0)
    assert (done.error or "").startswith("not started: it is predicted to need 1.05e+06 GiB, more than the ")
