"""A `train` that does what a test wants: raise, return, make noise. Everything else is tested with the real thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automl.driver.options import TrainOptions, Watch
from automl.errors import AutomlError, Diagnostic, NotAccepted

RESULT: dict[str, Any] = {
    "name": "tiny",
    "run": "runs/tiny",
    "package": "runs/tiny/package",
    "digest": "sha256:abc",
    "metric": "roc_auc",
    "validation_score": 0.9,
    "holdout_score": None,
    "trials": {"ok": 3, "failed": 1, "timeout": 0, "pruned": 0},
    "wall_s": 12.0,
    "budget_s": None,
    "winner": {"members": [{"candidate": "linear", "weight": 1.0, "params": {}}]},
}
MISTAKES = [
    Diagnostic("error", "SPEC014", "unknown key 'ignor' under data", "s.yaml", 7, 3, "did you mean 'ignore'?"),
    Diagnostic("error", "SPEC020", "folds: expected at least 2", "s.yaml", 3, 1),
]
RAISED: dict[str, tuple[BaseException, int]] = {
    "mistakes": (AutomlError(MISTAKES), 1),
    "not accepted": (NotAccepted(MISTAKES), 4),
    "ctrl-c": (KeyboardInterrupt(), 130),
    "bug": (ZeroDivisionError("division by zero"), 3),
    "disk full": (OSError(28, "No space left on device", "runs/x"), 1),
}


def fake_train(monkeypatch: pytest.MonkeyPatch, act: Callable[[TrainOptions, Watch], Any]) -> None:
    """train.train does `act`."""
    monkeypatch.setattr("automl.training.train", act)


def raiser(raised: BaseException) -> Callable[..., Any]:
    """A function that raises it."""

    def act(*_: object) -> Any:
        raise raised

    return act
