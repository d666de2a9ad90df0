"""The families that a spec names estimators by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automl.catalog.operator import TaskName


@dataclass(frozen=True)
class Family:
    """What `search.families` names: one estimator for each task that the family can do.

    `most_rows` and `most_features`: of tables that it is fit for; None: of any.
    """

    name: str
    estimators: Mapping[TaskName, str]
    doc: str
    most_rows: int | None = None
    most_features: int | None = None


def same_for_all(name: str, doc: str) -> Family:
    """A family whose operator of the same name does every task."""
    return Family(name, {"binary": name, "multiclass": name, "regression": name}, doc)
