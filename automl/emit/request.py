"""What emission is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.errors import Diagnostic
from automl.graph import Graph
from automl.plan import Lock, Plan, TrialScore, Winner
from automl.runtime.state import State
from automl.tasks import Task


@dataclass(frozen=True)
class EmitRequest:
    """The winner, fitted on all rows.

    `graph` is the winner's candidate graph. `tasks` lower it over all rows (`automl.tasks.lower(...).tasks`): they
    carry the final parameters and seeds.
    `states` maps every fitted node to its State. `decisions` are the lines of decisions.json.
    `holdout_interval` is a 95 % interval of the holdout score, in the metric's own unit.
    """

    plan: Plan
    lock: Lock
    winner: Winner
    graph: Graph
    tasks: tuple[Task, ...]
    states: Mapping[str, State]
    decisions: tuple[Mapping[str, Any], ...] = ()
    baseline: TrialScore | None = None
    holdout_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Emitted:
    """A written package: its folder, its digest (of manifest.json), the paths in it, and warnings."""

    path: Path
    digest: str
    files: tuple[str, ...]
    warnings: tuple[Diagnostic, ...] = ()
