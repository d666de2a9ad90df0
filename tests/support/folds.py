"""One fold of one candidate, fitted by an engine as it is or by one that leaks on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from automl.catalog import FAMILIES
from automl.compiler import compile_draft, plan_of
from automl.data.dataset import Dataset
from automl.fit import Engine, recipe_of
from automl.plan import Candidate, Plan
from automl.rows import ALL, Rows, RowSet
from automl.runtime.state import State
from automl.tasks import Fit, Lowering, lower
from tests.support.tables import Table, draft_of

KINDS = {
    "random": "validation: {kind: random, folds: 3}\n",
    "stratified": "validation: {kind: stratified, folds: 3}\n",
    "group": "  group: owner\nvalidation: {folds: 3}\n",
    "time": "  time: day\nvalidation: {folds: 3}\n",
}
SMALL = (
    "search: {space: {lightgbm: {num_rounds: 8, num_leaves: 7, min_data_in_leaf: 5, max_bin: 31}, "
    "extra_trees: {n_estimators: 4}, random_forest: {n_estimators: 4}, mlp: {width: 8, layers: 1, epochs: 1}, "
    "hist_gradient_boosting: {num_rounds: 4}}}\n"
)
CANDIDATES = ("linear", "lightgbm", "lightgbm_means")  # every transformer, and the estimators that come first
OTHERS = tuple(name for name in FAMILIES if name not in ("constant", *CANDIDATES))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Fits use one thread, as in a worker; for every module that imports this name."""
    with threadpool_limits(1):
        yield


@dataclass(frozen=True)
class Case:
    """One candidate to be fitted on one side of a fold and scored on the other."""

    plan: Plan
    dataset: Dataset
    candidate: Candidate
    fold: int

    @property
    def rows(self) -> Rows:
        """The partition of the table as it is: what is changed in the table never moves a row."""
        return Rows(self.dataset.context)

    @property
    def fitted(self) -> RowSet:
        return self.plan.rows.fold(self.fold, "in")

    @property
    def scored(self) -> RowSet:
        return self.plan.rows.fold(self.fold, "out")

    @property
    def lowering(self) -> Lowering:
        return self.lowered(self.fitted, self.scored)

    def lowered(self, fitted: RowSet, scored: RowSet) -> Lowering:
        return lower(recipe_of(self.plan, self.candidate, self.candidate.defaults), fitted, scored)


def compiled(table: Table, text: str) -> tuple[Plan, Dataset]:
    draft = compile_draft(draft_of(table, text))
    assert draft.dataset is not None
    return plan_of(draft), draft.dataset


def honest(one: Case, dataset: Dataset) -> Engine:
    return Engine(dataset, one.rows)


class Leaking(Engine):
    """One operator is fitted on all rows, wherever it stands."""

    def __init__(self, one: Case, dataset: Dataset, op: str) -> None:
        super().__init__(dataset, one.rows)
        self._op, self._graph = op, one.candidate.graph
        self._whole, self._engine = one.lowered(ALL, ALL), Engine(dataset, one.rows)

    def _fit(self, task: Fit, inputs: tuple[Any, ...]) -> State:
        if task.op != self._op:
            return super()._fit(task, inputs)
        found = self._engine.result(self._graph, self._whole, self._whole.fits[task.node])
        assert isinstance(found, State)
        return found
