"""Specs, and drivers of which none outlives its test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.data import write_spec
from tests.faults.support import Faulty


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
