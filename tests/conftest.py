"""Shared by all tests: how many examples and resamples are drawn, and one Ray cluster for the whole session."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from automl.executors.session import Session, start_ray
from tests.e2e.data import RESAMPLES

# No deadlines: a busy machine is no failure. CI asks for the thorough profile.
settings.register_profile("everyday", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=150)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


@pytest.fixture(scope="session", autouse=True)
def few_resamples() -> Iterator[None]:
    """Intervals of scores from fewer resamples: two hundred take longer than these runs. The drivers do so, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("automl.select.interval.RESAMPLES", RESAMPLES)
        yield


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Session]:
    """A local Ray cluster of 4 CPUs, started once; the test is skipped where Ray is not installed."""
    pytest.importorskip("ray", reason="Ray is not installed")
    session = start_ray(workers=4)
    yield session
    session.close()
