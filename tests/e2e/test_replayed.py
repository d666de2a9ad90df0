"""A run in which a clock, the memory and dying workers decided, replayed from its decisions to the same bytes."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from automl.search.budget import SearchSettings
from automl.search.decisions import read_decisions
from tests.e2e.data import write_spec
from tests.e2e.delays import delayed_run, unlucky_run
from tests.e2e.support import asked, command, files_of, run_on, settled
from tests.e2e.test_clock import watch_by

pytestmark = pytest.mark.slow
SECONDS = 3.0  # of a clock that moves by being looked at


@pytest.fixture(scope="module")
def unlucky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cut by the clock; before, some fits never end, some find no memory, some end their process."""
    spec = write_spec(tmp_path_factory.mktemp("unlucky"), search={"trial": {"timeout": "4s"}})
    with pytest.MonkeyPatch.context() as patch:
        watch_by(patch)
        patch.setattr("automl.driver.opening.run", unlucky_run)
        run_on("local", spec, spec.parent / "run", workers=2, time_s=SECONDS)
    return spec.parent / "run"


def test_all_kinds_of_decisions_are_there(unlucky: Path) -> None:
    kinds = Counter(decision["kind"] for decision in decisions(unlucky))
    assert kinds["cut"] == 1
    assert len(kinds) > 2, "not only the clock"  # on a busy machine nearly all fits may be too late
    assert json.loads((unlucky / "result.json").read_text())["clock_events"] == kinds.total()


def test_verify_replays_it(unlucky: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = command(capsys, "verify", unlucky / "package", "--search")
    assert (ran.code, ran.told["differences"]) == (0, [])
    assert ran.told["replayed"] == len(settled(unlucky))


@pytest.mark.parametrize(("executor", "workers"), [("inline", None), ("local", 2)])
def test_it_is_trained_again_to_the_same_bytes(
    executor: str, workers: int | None, unlucky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With fits that all end well, but for what is decided."""

    def replay(trials: int | None, **_: Any) -> SearchSettings:
        return SearchSettings(trials=trials, replay=read_decisions(decisions(unlucky)))

    monkeypatch.setattr("automl.training.SearchSettings", replay)
    monkeypatch.setattr("automl.driver.opening.run", delayed_run)
    run_on(executor, unlucky.parent / "shop.yaml", tmp_path / "again", workers=workers, time_s=SECONDS)
    again = asked(tmp_path / "again")
    assert again == asked(unlucky)[: len(again)], "what was asked and not settled before the cut is not asked again"
    assert settled(tmp_path / "again") == settled(unlucky)
    assert files_of(tmp_path / "again" / "package") == files_of(unlucky / "package")


def decisions(run: Path) -> Any:
    return json.loads((run / "decisions.json").read_text())
