"""A clock that gives the same short runs on any machine."""

from __future__ import annotations

import pytest

SECONDS = 0.3


class Clock:
    """Seconds that pass by being asked for, so that the cut comes after some dozens of fits on any machine."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 0.01
        return self.now


def watch_by(patch: pytest.MonkeyPatch) -> None:
    """Let `train` look at such a clock, and keep no time for starting workers anew, or for the package."""
    patch.setattr("automl.training.time", Clock())
    patch.setattr("automl.driver.rehearsal.Rehearsal.start", lambda *_, **__: None)
    patch.setattr("automl.driver.rehearsal.PACKAGE_S", 0.0)
    patch.setattr("automl.driver.rehearsal.GUESS_S", 0.0)
    patch.setattr("automl.driver.reserve.MARGIN", 0.0)
