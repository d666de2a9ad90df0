"""Deadlines in the driver's own process, where the alarm may ring in any line."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from automl.executors.inline import InlineExecutor
from automl.jobs import Job, Outcome
from tests.support.jobs import job

LONG_S = 0.3


class Finalized:
    def __del__(self) -> None:
        end = time.monotonic() + LONG_S
        while time.monotonic() < end:
            pass


def finalize_and_go_on(_context: Any, _job: Job) -> None:
    Finalized()
    while True:
        time.sleep(0.01)


def test_an_alarm_that_a_finalizer_swallows_rings_again(capfd: pytest.CaptureFixture[str]) -> None:
    """The exception cannot leave the finalizer, and no stack of it is printed."""
    executor = InlineExecutor(finalize_and_go_on, None, 1)
    executor.submit(replace(job("endless", "spin"), timeout_s=LONG_S / 2))
    done = executor.wait()
    assert done is not None and done.outcome is Outcome.TIMEOUT
    assert capfd.readouterr().err == ""
