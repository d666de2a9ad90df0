"""The task graph: what is fitted on which rows. Pure lowering of a pipeline graph, and the static leak check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automl.rows import RowSet


@dataclass(frozen=True)
class Fit:
    """Fit one node on `rows`. `inputs` are the keys of the Apply or Stitch tasks whose outputs it reads (none: the source)."""

    key: str
    node: str
    rows: RowSet
    inputs: tuple[str, ...]
    params: Mapping[str, Any]
    seed: int


@dataclass(frozen=True)
class Apply:
    """Apply the State of task `fit` (None: a step without a fit) to `rows`."""

    key: str
    node: str
    rows: RowSet
    inputs: tuple[str, ...]
    fit: str | None


@dataclass(frozen=True)
class Stitch:
    """The training view of a cross-fitted node on `rows`: the Apply tasks of its inner folds, put back in row order."""

    key: str
    node: str
    rows: RowSet
    parts: tuple[str, ...]


Task = Fit | Apply | Stitch
