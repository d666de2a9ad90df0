"""The same few verbs for Python: what `automl.compile`, `automl.train`, `automl.verify` and `automl.load` are.

A spec is a path, or the same keys and values as a dict; the paths in a dict are relative to `base` (None: the current
folder). A mistake raises AutomlError, whose text is what the command line prints: every diagnostic at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from automl.api_results import Compiled, Trained, Verified
from automl.driver.options import TrainOptions, Watch
from automl.errors import error
from automl.spec.load import LoadedSpec, load_values
from automl.spec.units import TIME_EXPECTED, parse_time

Place = str | os.PathLike[str]
SpecLike = Place | Mapping[str, Any]


@dataclass(frozen=True)
class Options:
    """How `train` runs, with the meaning of the options of `automl train`. None: as the spec says.

    `trials` or `time` ("90s", "10m", or seconds) alone replaces the whole budget; `resume` continues, extends or
    returns a run that is there, `overwrite` deletes it. Raises AutomlError (API002) for values that cannot be.
    """

    executor: str | None = None
    workers: int | None = None
    address: str | None = None
    trials: int | None = None
    time: str | float | None = None
    resume: bool = False
    overwrite: bool = False

    def __post_init__(self) -> None:
        for name, number in (("workers", self.workers), ("trials", self.trials)):
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
                raise error("API002", f"{name}: expected a whole number of 1 or more, found {number!r}")
        if self.resume and self.overwrite:
            raise error("API002", "resume and overwrite exclude each other")
        if self.time is not None and not self._seconds() > 0:
            raise error("API002", f"time: expected more than zero, found {self.time!r}")

    def _seconds(self) -> float:
        """`time` in seconds."""
        try:
            return parse_time(self.time) if isinstance(self.time, str) else float(self.time or 0.0)
        except (TypeError, ValueError):
            raise error("API002", f"time: expected {TIME_EXPECTED}, found {self.time!r}") from None


class Model:
    """The model of an emitted package, run by the package's own code. `info`: what the package says of itself."""

    def __init__(self, module: ModuleType, model: Any, info: Mapping[str, Any]) -> None:
        self.module = module
        self.info = info
        self._model = model

    def predict(self, data: object) -> Any:
        """One label or number per row. `data`: a dict (one row), a list of dicts, a mapping of arrays, or a frame.

        Raises the package's own BadInput (`model.module.BadInput`).
        """
        return self._model.predict(data)

    def predict_proba(self, data: object) -> Any:
        """Probabilities of shape (rows, classes), in the order of `info["classes"]`.

        Raises AttributeError for a regression, and BadInput.
        """
        return self._model.predict_proba(data)

    def __repr__(self) -> str:
        return f"<automl.Model {self.info['name']}: {self.info['task']}, {self.info['digest'][:19]}>"


def compile(spec: SpecLike, base: Place | None = None) -> Compiled:
    """From a spec and its data to a plan, before any work is done. Writes nothing; `Compiled.write` does."""
    from automl.planning import make_plan

    return Compiled(make_plan(_source(spec, base)))


def train(
    spec: SpecLike,
    out: Place | None = None,
    options: Options | None = None,
    base: Place | None = None,
    watch: Watch | None = None,
) -> Trained:
    """Search, select, fit and emit, into the folder `out` (None: runs/NAME). A path that ends in .json is a plan.

    `watch` gets every event of the run, one at a time, some from a thread of its own (that nothing happened for a
    while). Raises AutomlError, and NotAccepted where a criterion of `accept` is missed.
    """
    from automl.training import train as run

    asked = options or Options()
    full = TrainOptions(
        source=_source(spec, base),
        out=None if out is None else Path(out),
        executor=asked.executor,
        workers=asked.workers,
        address=asked.address,
        trials=asked.trials,
        time_s=None if asked.time is None else asked._seconds(),
        resume=asked.resume,
        overwrite=asked.overwrite,
    )
    return Trained(run(full, watch or _nobody))


def verify(package: Place, data: Place | None = None, search: bool = False) -> Verified:
    """Refit the winner from lock and data and compare every byte; with `search`, replay the whole search, too."""
    from automl.verifying import verify as compare

    verdict = compare(Path(package), None if data is None else Path(data), search)
    return Verified({"ok": verdict.ok, **verdict.as_json()}, tuple(verdict.lines))


def load(package: Place) -> Model:
    """The model of an emitted package, in this process. Nothing is put on Python's path: names never clash.

    Raises AutomlError (CLI011) where there is no package, and the package's own TamperedArtifact.
    """
    from automl.driver.loading import info_of, load_model, load_module

    module = load_module(Path(package))
    model = load_model(module)
    return Model(module, model, info_of(module, model))


def _source(spec: SpecLike, base: Place | None) -> Path | LoadedSpec:
    if isinstance(spec, Mapping):
        return load_values(spec, Path(base or "."))
    return Path(spec)


def _nobody(_event: object) -> None:
    """Watches nothing."""
