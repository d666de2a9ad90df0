"""What a driver keeps in memory and on the disk: enough at every moment, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.jobs import Done, Job, Outcome
from automl.plan import TrialScore
from automl.search import loop
from automl.search.budget import SearchSettings
from automl.search.events import UnscoredTrial
from automl.search.ledger import Ledger
from automl.search.record import RISK_S
from automl.search.tally import LEADERS, UNSCORED, Tally
from tests.support.plans import metric, tiny_plan
from tests.support.search import FakeExecutor, Story, search

PLAN = tiny_plan()
SIXTY = SearchSettings(trials=60)


class LookingExecutor(FakeExecutor):
    """Looks into the ledger whenever something is submitted, as whoever finds it after a crash would."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.copies: list[bytes] = []

    def submit(self, job: Job) -> None:
        content = self.path.read_bytes()
        whole = content[: content.rindex(b"\n")]
        asked = [line for line in map(json.loads, whole.split(b"\n")) if line["event"] == "asked"]
        assert any(line["candidate"] == job.candidate and line["params"] == dict(job.params) for line in asked)
        self.copies.append(content)
        super().submit(job)


def test_what_is_submitted_is_asked_in_the_file_and_the_file_is_enough(
    tmp_path: Path, reference: tuple[Story, bytes]
) -> None:
    executor = LookingExecutor(tmp_path / "ledger")
    assert search(PLAN, executor.path, SIXTY, executor)[1] == reference[0]
    last = len(executor.copies) - 1
    for place, torn in ((0, 0), (1, 3), (last // 2, 0), (last, 40)):
        path = tmp_path / f"killed at {place}"
        path.write_bytes(executor.copies[place][: len(executor.copies[place]) - torn])
        again = LookingExecutor(path)
        assert search(PLAN, path, SIXTY, again)[1] == reference[0]
        assert len(again.ran) <= len(executor.ran) - place + 1 + PLAN.spec.search.parallelism


def test_the_disk_is_waited_for_once_in_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each unit; but what could be lost with the machine is bounded."""
    flushes = []
    flush = Ledger.flush

    def flushed(ledger: Ledger) -> None:
        flushes.append(1)
        flush(ledger)

    monkeypatch.setattr(Ledger, "flush", flushed)
    result, _, _ = search(PLAN, tmp_path / "quick", SIXTY, QuickExecutor())
    assert len(flushes) < 10 < result.settled_units
    flushes.clear()
    result, _, _ = search(PLAN, tmp_path / "slow", SIXTY, FakeExecutor())  # each fit takes RISK_S
    assert RISK_S <= 1.0
    assert len(flushes) >= result.settled_units


class QuickExecutor(FakeExecutor):
    """Fits take no time."""

    def end(self, job: Job) -> Done:
        return Done(job.key, Outcome.OK, self._run(self._context, job))


def test_the_way_back_is_read_no_further_than_it_is_needed(
    tmp_path: Path, reference: tuple[Story, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    inner = loop._Search._settle

    def measured(self: Any, unit: Any, result: Any) -> None:
        inner(self, unit, result)
        record = self._record
        sizes.append(max(map(len, (record._asked, record._results, record._wanted))))

    monkeypatch.setattr(loop._Search, "_settle", measured)
    path = tmp_path / "ledger"
    path.write_bytes(reference[1])
    assert search(PLAN, path, SearchSettings(trials=70))[0].asked == 70
    assert max(sizes) <= 2 * PLAN.spec.search.parallelism


@given(scores=st.lists(st.integers(0, 20), max_size=80), greater=st.booleans())
def test_the_tally_keeps_the_best_and_the_baseline(scores: list[int], greater: bool) -> None:
    tally, best = Tally(metric(greater)), None
    sign = -1 if greater else 1
    for number, score in reversed(list(enumerate(scores))):
        changed = tally.add_scored(TrialScore(number=number, candidate="c", params={}, folds=(), score=score))
        assert changed == (tally.leaders[0] != best)
        best = tally.leaders[0]
    ranked = sorted(range(len(scores)), key=lambda number: (sign * scores[number], number))
    expected = ranked[:LEADERS] + [number for number in ranked[LEADERS:] if number == 0]
    assert [trial.number for trial in tally.leaders] == expected
    assert tally.outcomes["ok"] == len(scores)


def test_the_tally_keeps_the_first_that_failed() -> None:
    tally = Tally(metric(True))
    for number in (9, 3, 7, 5, 1):
        tally.add_unscored(UnscoredTrial(number, "c", {}, Outcome.FAILED, "no"))
    assert [trial.number for trial in tally.unscored] == [1, 3, 5, 7, 9][:UNSCORED]
    assert tally.outcomes["failed"] == 5
