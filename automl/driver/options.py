"""What the command line says of a run, and what a run says to whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from automl.jobs import Activity
from automl.search.events import Event
from automl.spec.loaded import LoadedSpec


@dataclass(frozen=True)
class TrainOptions:
    """What the command line says. None: as the spec says, or the default. `source`: the file of a spec or of a plan."""

    source: Path | LoadedSpec
    out: Path | None = None
    executor: str | None = None
    workers: int | None = None
    address: str | None = None
    trials: int | None = None
    time_s: float | None = None
    resume: bool = False
    overwrite: bool = False
    began: float | None = None  # on the clock of time.monotonic: since when a time budget runs; None: from the call


@dataclass(frozen=True)
class Stage:
    """A step of the whole run, for whoever watches."""

    kind: str
    message: str | None = None
    trials: int | None = None


@dataclass(frozen=True)
class Waiting:
    """Nothing has happened for `silent_s` seconds. `doing`: the part of the run; `activity`: its executor's."""

    silent_s: float
    doing: str
    activity: Activity | None = None


Watch = Callable[[Event | Stage | Waiting], None]
