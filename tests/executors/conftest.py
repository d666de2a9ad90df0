"""The Ray workers that several modules of this folder use: starting them takes longer than their tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from automl.executors import open_executor
from automl.executors.session import Session
from automl.executors.settings import ExecutorSettings
from automl.jobs import Executor
from tests.support.jobs import obey

CONTEXT = {"table": np.arange(200_000, dtype=np.float64)}


@pytest.fixture(scope="package")
def on_ray(ray_cluster: Session) -> Iterator[Executor]:
    """Two workers that obey."""
    opened = open_executor("ray", obey, CONTEXT, ExecutorSettings(workers=2))
    yield opened
    opened.close()
