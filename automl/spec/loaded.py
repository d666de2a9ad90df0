"""What a spec file is once it has been read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automl.catalog.own_metric import OwnFunction
from automl.spec.places import Places
from automl.spec.written import WrittenSpec


@dataclass(frozen=True)
class LoadedSpec:
    """A spec without mistakes that can be seen without its data. `file` is the path as the user gave it."""

    written: WrittenSpec
    places: Places
    file: str
    folder: Path
    function: OwnFunction | None = None  # that of a metric of the user's own
