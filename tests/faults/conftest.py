"""Specs, and drivers of which none outlives its test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.data import RESAMPLES, write_spec
from tests.faults.support import Faulty


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in tests/e2e, and as in the drivers."""
    monkeypatch.setattr("automl.select.interval.RESAMPLES", RESAMPLES)


@pytest.fixture
def drivers() -> Iterator[list[Faulty]]:
    """Drivers started in a test."""
    started: list[Faulty] = []
    yield started
    for driver in started:
        driver.clean()


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """15 trials."""
    return write_spec(tmp_path)
