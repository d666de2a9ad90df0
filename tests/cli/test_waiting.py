"""Never a silent wait: what is told, when, and of what."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from automl.cli.progress import Progress
from automl.cli.screen import Screen
from automl.cli.waiting import waiting_text
from automl.driver import silence
from automl.driver.options import Stage, Waiting
from automl.driver.silence import Silence
from automl.executors.inline import InlineExecutor
from automl.jobs import Activity, UnderWay
from tests.support.jobs import job


def test_what_runs_where_since_when() -> None:
    running = tuple(UnderWay(job(f"k{i}", "spin"), float(i), f"process {i}") for i in range(10))
    told = waiting_text(Waiting(31.0, "search", Activity(running, 3, ready=10, starting=1, waits_for="a CPU")))
    lines = told.splitlines()
    assert lines[0].startswith(
        "nothing new for 31.0 s (search): 10 fits under way, 3 queued; 10 workers ready, 1 start"
    )
    assert lines[0].endswith("waits for a CPU")
    assert lines[1] == "  fake: since 9.0 s on process 9"
    assert lines[-1] == "  and 2 more" and len(lines) == 10


def test_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(Screen(), None, time.monotonic)(Waiting(30.0, "starting ray"))
    assert capsys.readouterr().err == "nothing new for 30.0 s (starting ray)\n"


def test_silence_is_told_and_then_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "FIRST_S", 0.02)
    told: list[Any] = []
    enough = threading.Event()

    def watch(event: Any) -> None:
        told.append(event)
        if len(told) == 4:
            enough.set()

    hears = Silence(watch)
    hears.doing = "here"
    with hears:
        assert enough.wait(60)
        assert hears._patience >= 0.02 * 16
        hears(Stage("final"))
        assert hears._patience == 0.02
    waits = [event for event in told if isinstance(event, Waiting)]
    assert [event.doing for event in waits[:4]] == ["here"] * 4 and hears.doing == "final fits"


def test_the_job_that_runs_in_this_process_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody comes back from the fit: another thread tells."""
    monkeypatch.setattr(silence, "FIRST_S", 0.02)
    seen = threading.Event()
    found: list[Activity] = []

    def watch(event: Any) -> None:
        if isinstance(event, Waiting) and event.activity is not None and event.activity.running:
            found.append(event.activity)
            seen.set()

    executor = InlineExecutor(lambda _context, _job: seen.wait(60), None)
    executor.submit(job("slow", "x"))
    executor.submit(job("next", "x"))
    with Silence(watch) as hears:
        hears.executor = executor
        done = executor.wait()
    assert done is not None and done.value is True
    assert found[0].running[0].job.key == "slow" and found[0].queued == 1


def test_news_of_nodes_is_told_once() -> None:
    told: list[Any] = []
    executor: Any = type("E", (), {"activity": lambda self: Activity(news=("node a is gone",))})()
    with Silence(told.append) as hears:
        hears.executor = executor
        hears._tell_news()
        hears._tell_news()
    assert told == [Stage("note", "node a is gone")]


@pytest.mark.parametrize("stage", ["score", "emit"])
def test_where_the_driver_is_at_work_the_workers_are_not_what_is_waited_for(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "FIRST_S", 0.02)
    told: list[Waiting] = []
    enough = threading.Event()

    def watch(event: Any) -> None:
        if isinstance(event, Waiting):
            told.append(event)
            enough.set()

    with Silence(watch) as hears:
        hears.executor = InlineExecutor(lambda _context, _job: None, None)
        hears(Stage("final"))
        hears(Stage(stage))
        enough.clear()
        assert enough.wait(60)
        assert waiting_text(told[-1]).endswith(f"({silence.DOING[stage]})")
