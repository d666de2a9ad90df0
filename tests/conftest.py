"""Shared by all tests: one Ray cluster for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from automl.executors.session import Session, start_ray


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[Session]:
    """A local Ray cluster of 4 CPUs, started once; the test is skipped where Ray is not installed."""
    pytest.importorskip("ray", reason="Ray is not installed")
    session = start_ray(workers=4)
    yield session
    session.close()
