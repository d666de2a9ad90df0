"""Finished runs that many tests look at. Tests that change something work on a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.clocks import SECONDS, watch_by
from tests.e2e.data import write_spec
from tests.e2e.nodes import Nodes
from tests.e2e.support import Driver, run_inline

SIXTY = 60


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `shop.yaml` and its table."""
    return write_spec(tmp_path_factory.mktemp("shop")).parent


@pytest.fixture(scope="package")
def spec(shop: Path) -> Path:
    """The spec of 15 trials."""
    return shop / "shop.yaml"


@pytest.fixture(scope="package")
def finished(spec: Path) -> Path:
    """A finished run of it, inline."""
    run_inline(spec, spec.parent / "finished")
    return spec.parent / "finished"


@pytest.fixture(scope="package")
def boosted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run whose winner is a LightGBM model behind target means and codes."""
    spec = write_spec(tmp_path_factory.mktemp("boosted"), 6, search={"families": ["lightgbm"]})
    run_inline(spec, spec.parent / "run")
    return spec.parent / "run"


@pytest.fixture(scope="package")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec of sixty trials, so many that a search learns from what is settled; the run `whole` beside it is done."""
    spec = write_spec(tmp_path_factory.mktemp("sixty"), SIXTY)
    run_inline(spec, spec.parent / "whole")
    return spec


@pytest.fixture(scope="package")
def standing() -> Iterator[Nodes]:
    """A Ray cluster of two nodes of 4 CPUs beside its head, in processes of its own, for drivers that join it."""
    pytest.importorskip("ray", reason="Ray is not installed")
    with Nodes(0, 4, 4) as nodes:
        yield nodes


@pytest.fixture
def drivers() -> Iterator[list[Driver]]:
    """Drivers started in a test; none outlives it."""
    started: list[Driver] = []
    yield started
    for driver in started:
        driver.clean()


@pytest.fixture(scope="package")
def cut(spec: Path) -> Path:
    """A run that would go on for hours."""
    with pytest.MonkeyPatch.context() as patch:
        watch_by(patch)
        run_inline(spec, spec.parent / "cut", time_s=SECONDS)
    return spec.parent / "cut"
