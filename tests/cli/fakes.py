"""Stand-ins for planning, train and verify, so that the commands are tested without any training."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from automl.cli.main import main
from automl.errors import AutomlError, Diagnostic, Difference, Interrupted, NotAccepted
from automl.plan import Lock, Plan
from tests.report.sample import LOCK, plan

WARNING = Diagnostic("warning", "DATA011", "the column 'b' is almost constant", hint="leave it out?")
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
    "difference": (Difference(MISTAKES), 6),
    "interrupted": (Interrupted(MISTAKES), 130),
    "ctrl-c": (KeyboardInterrupt(), 130),
    "bug": (ZeroDivisionError("division by zero"), 3),
    "disk full": (OSError(28, "No space left on device", "runs/x"), 1),
}


@dataclass(frozen=True)
class Planned:
    plan: Plan
    lock: Lock
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True)
class TrainOptions:
    source: Path
    out: Path | None
    executor: str | None
    workers: int | None
    address: str | None
    trials: int | None
    time_s: float | None
    resume: bool
    overwrite: bool


@dataclass(frozen=True)
class Ran:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout; an error where there is more or less."""
        return json.loads(self.out)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """One command line in this process."""
    code = main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return Ran(code, told.out, told.err)


def fake_module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """A module of that name with these members."""
    module = ModuleType(name)
    for member, value in members.items():
        setattr(module, member, value)
    monkeypatch.setitem(sys.modules, name, module)


def fake_planning(monkeypatch: pytest.MonkeyPatch, made: Plan | None = None, lock: Lock = LOCK) -> None:
    """planning.make_plan gives a tiny plan with one warning."""
    fake_module(
        monkeypatch,
        "automl.planning",
        make_plan=lambda path: Planned(made or plan(), lock, (WARNING,)),
        Planned=Planned,
    )


def fake_train(monkeypatch: pytest.MonkeyPatch, act: Callable[[TrainOptions, Callable[[Any], None]], Any]) -> None:
    """train.train does `act`."""
    fake_module(monkeypatch, "automl.train", train=act, TrainOptions=TrainOptions)


def raiser(raised: BaseException) -> Callable[..., Any]:
    """A function that raises it."""

    def act(*_: object) -> Any:
        raise raised

    return act
