"""The search that every other way to the same trials is compared with."""

from __future__ import annotations

import pytest

from automl.search.budget import SearchSettings
from automl.search.events import Event
from tests.support.plans import tiny_plan
from tests.support.search import Found, Story, search

PLAN = tiny_plan()
SIXTY = SearchSettings(trials=60)


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Story, list[Event], bytes]:
    """60 trials without interruption, with their ledger."""
    path = tmp_path_factory.mktemp("reference") / "ledger.jsonl"
    return *search(PLAN, path, SIXTY), path.read_bytes()


@pytest.fixture(scope="session")
def reference(unbroken: tuple[Found, Story, list[Event], bytes]) -> tuple[Story, bytes]:
    """What every other way to the same 60 trials is compared with."""
    return unbroken[1], unbroken[3]
