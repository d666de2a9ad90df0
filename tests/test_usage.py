"""The figures of how the workers' time went."""

from __future__ import annotations

import pytest

from automl.driver import usage
from automl.driver.usage import Usage, too_few_slots
from automl.jobs import Outcome
from automl.search.events import Cut, Finished
from automl.search.virtual import Unit


def test_what_is_not_in_fits_is_overhead(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([100.0, 110.0])
    monkeypatch.setattr(usage.time, "monotonic", lambda: next(moments))
    counted = Usage()
    for trial, (wall, cpu) in enumerate([(4.0, 3.0), (11.0, 10.5)]):
        counted(Finished(Unit(trial, 0, 0), Outcome.OK, wall, cpu))
    counted(Cut(2))
    assert counted.told(workers=2) == {
        "workers": 2,
        "searched_s": 10.0,
        "fit_wall_s": 15.0,
        "fit_cpu_s": 13.5,
        "overhead_s": 5.0,
        "utilisation": 0.75,
    }


def test_nothing_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage.time, "monotonic", lambda: 1.0)
    told = Usage().told(workers=4)
    assert (told["utilisation"], told["overhead_s"]) == (0.0, 0.0)


def test_more_workers_than_slots_are_told() -> None:
    assert too_few_slots(8, 8) is None
    found = too_few_slots(8, 16)
    assert found is not None
    message, hint = found
    assert "never more than 8 of the 16 workers" in message
    assert "search.parallelism to 64" in hint
