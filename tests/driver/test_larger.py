"""Which budgets are more than what a run has used up."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.driver.folder import _larger, _Past, _sessions
from automl.search.ledger import Ledger
from automl.spec.model import BudgetSpec

# (trials, seconds) before, whether time ended it, trials asked, seconds spent; (trials, seconds) now
CASES = {
    "the same": ((50, None), False, 50, 5.0, (50, None), False),
    "more trials": ((50, None), False, 50, 5.0, (60, None), True),
    "fewer": ((50, None), False, 50, 5.0, (40, None), False),
    "more time than it took": ((50, None), False, 50, 5.0, (None, 10.0), True),
    "less time than it took": ((50, None), False, 50, 50.0, (None, 10.0), False),
    "more trials, and no time left": ((50, None), False, 50, 50.0, (60, 10.0), False),
    "nothing was left to try": ((50, None), False, 7, 5.0, (50, None), False),
    "time for what is done": ((50, 60.0), False, 50, 5.0, (50, 600.0), False),
    "cut, and more time": ((None, 60.0), True, 20, 61.0, (None, 90.0), True),
    "cut, and the same time": ((None, 60.0), True, 20, 61.0, (None, 60.0), False),
    "cut, and trials that were not reached": ((None, 60.0), True, 20, 61.0, (100, None), True),
    "cut, and trials that were": ((None, 60.0), True, 200, 61.0, (100, None), False),
    "cut, and all of the trials": ((50, 60.0), True, 50, 61.0, (50, 90.0), True),
}


@pytest.mark.parametrize("case", list(CASES))
def test_larger(case: str) -> None:
    before, cut, asked, spent, now, larger = CASES[case]
    past = _Past(BudgetSpec(trials=before[0], time_s=before[1]), asked, cut, spent, 0.0)
    assert _larger(BudgetSpec(trials=now[0], time_s=now[1]), past) == larger


def budget(trials: int) -> dict[str, object]:
    return {"budget": {"trials": trials, "time_s": 60.0}}


@pytest.mark.parametrize("end", ["selected", "refused"])
def test_a_search_that_had_a_winner_stays_ended_until_the_budget_is_another(end: str, tmp_path: Path) -> None:
    """What is left to do then has no limit in time: with one, another trial might win."""
    ledger = Ledger.create(tmp_path / "ledger.jsonl", {"search": "s", **budget(5)})
    ledger.note("asked", {"trial": 0})
    for event, fields, had in [(end, {"trial": 0}, True), ("session", budget(5), True), ("session", budget(9), False)]:
        ledger.note(event, fields)
        ledger.close()
        ledger = Ledger.open(tmp_path / "ledger.jsonl")
        assert _sessions(ledger, 0.0).chosen == had
    ledger.close()
