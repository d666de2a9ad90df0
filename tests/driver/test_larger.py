"""Which budgets are more than what a run has used up."""

from __future__ import annotations

import pytest

from automl.driver.folder import _larger, _Past
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
