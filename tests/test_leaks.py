"""The second promise, by trial: no fitted step ever sees a row on which something built from it is scored.

Static proofs are in `tests/test_tasks.py` and `tests/compiler/`; here the values are changed, or mean nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from threadpoolctl import threadpool_limits

from automl.catalog import METRICS, OPERATORS
from automl.compiler import compile_draft, plan_of
from automl.data.dataset import Dataset
from automl.fit import Engine, FitContext, recipe_of, run
from automl.fitting import levels
from automl.fitting.levels import SeenLevels
from automl.jobs import Job, Scores
from automl.measure import measure
from automl.plan import Candidate, Plan
from automl.rows import ALL, Rows, RowSet
from automl.runtime import target_mean
from automl.runtime.columns import Column, Columns, Matrix, Text
from automl.runtime.state import State
from automl.tasks import Fit, Lowering, Stitch, lower
from tests.support.tables import SPEC, Table, draft_of, mixed

KINDS = {
    "random": "validation: {kind: random, folds: 3}\n",
    "stratified": "validation: {kind: stratified, folds: 3}\n",
    "group": "  group: owner\nvalidation: {folds: 3}\n",
    "time": "  time: day\nvalidation: {folds: 3}\n",
}
SMALL = "search: {space: {lightgbm: {num_rounds: 8, num_leaves: 7, min_data_in_leaf: 5, max_bin: 31}}}\n"
CANDIDATES = ("linear", "lightgbm", "lightgbm_means")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in a worker."""
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


@cache
def _compiled(kind: str, target: str) -> tuple[Plan, Dataset]:
    text = SPEC.replace("target: y", f"target: {target}") + KINDS[kind] + SMALL
    return compiled(mixed(300), text)


def compiled(table: Table, text: str) -> tuple[Plan, Dataset]:
    draft = compile_draft(draft_of(table, text))
    assert draft.dataset is not None
    return plan_of(draft), draft.dataset


def case(kind: str, candidate: str, target: str = "y", fold: int = 1) -> Case:
    plan, dataset = _compiled(kind, target)
    return Case(plan, dataset, plan.candidate(candidate), fold)


def changed(dataset: Dataset, at: npt.NDArray[np.int64]) -> Dataset:
    """Every feature and the target with another value in those rows; missing values are no longer missing."""
    target = dataset.target.copy()
    target[at] = (target[at] + 1) % len(dataset.classes) if dataset.classes else -3.0 * target[at] + 7.0
    return replace(dataset, columns={n: _other(c, at) for n, c in dataset.columns.items()}, target=target)


def _other(column: Column, at: npt.NDArray[np.int64]) -> Column:
    if isinstance(column, Text):
        new = (*column.levels, *(f"new-{level}" for level in column.levels), "new")
        codes = column.codes.copy()
        codes[at] = np.where(codes[at] < 0, len(new) - 1, codes[at] + len(column.levels))
        return Text(codes, new)
    values = column.copy()
    values[at] = np.where(np.isnan(values[at]), 12.5, -3.0 * values[at] + 1000.0)
    return values


def outside(one: Case) -> npt.NDArray[np.int64]:
    """All rows that the fold's fits may not see: those of the fold, those held out, in time all later ones."""
    return np.setdiff1d(np.arange(one.dataset.rows), one.rows.resolve(one.fitted))


Make = Callable[[Case, Dataset], Engine]


def honest(one: Case, dataset: Dataset) -> Engine:
    return Engine(dataset, one.rows)


def states(one: Case, engine: Engine) -> dict[str, tuple[str, str]]:
    """Operator and digest of the State of every Fit of the fold, inner ones included, by the key of its task."""
    found = {}
    lowering = one.lowering
    for task in lowering.tasks:
        if isinstance(task, Fit):
            state = engine.result(one.candidate.graph, lowering, task.key)
            assert isinstance(state, State)
            found[task.key] = (task.op, state.digest())
    return found


def moved(one: Case, make: Make) -> set[str]:
    """The operators that have a State which changes when the rows change that none of them may see."""
    before = states(one, make(one, one.dataset))
    after = states(one, make(one, changed(one.dataset, outside(one))))
    assert before.keys() == after.keys()
    return {before[key][0] for key in before if before[key] != after[key]}


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_state_changes_with_the_rows_it_is_scored_on(kind: str, candidate: str) -> None:
    assert moved(case(kind, candidate), honest) == set()


@pytest.mark.parametrize("target", ["price", "grade"])
@pytest.mark.parametrize("candidate", CANDIDATES)
def test_the_same_for_quantities_and_many_classes(candidate: str, target: str) -> None:
    assert moved(case("random", candidate, target), honest) == set()


def test_every_value_was_changed_and_inner_fits_are_among_the_states() -> None:
    one = case("random", "linear")
    at = outside(one)
    assert set(one.rows.resolve(one.scored)) < set(at) and set(at) & set(one.rows.resolve(one.fitted)) == set()
    other = changed(one.dataset, at)
    assert (other.target[at] != one.dataset.target[at]).all()
    for name, column in one.dataset.columns.items():
        assert (_values(column)[at] != _values(other.columns[name])[at]).all(), name
        before, after = (np.delete(_values(c), at) for c in (column, other.columns[name]))
        assert ((before == after) | ((before != before) & (after != after))).all(), name
    inner = one.plan.rows.inner.folds
    assert inner is not None
    fits = [task.op for task in one.lowering.tasks if isinstance(task, Fit)]
    assert fits.count("target_mean") == inner + 1
    fitted = {node.op for name in CANDIDATES for node in one.plan.candidate(name).graph.nodes}
    assert fitted == {name for name, op in OPERATORS.items() if name not in ("constant", "ridge")}, (
        "every operator is here"
    )


def _values(column: Column) -> npt.NDArray[Any]:
    if isinstance(column, Text):
        return np.array([column.levels[code] if code >= 0 else "" for code in column.codes], dtype=object)
    return column


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


@pytest.mark.parametrize(
    ("candidate", "op"),
    [
        *(("linear", op) for op in ("numbers", "impute", "standardise", "date_parts", "one_hot")),
        *(("linear", op) for op in ("target_mean", "logistic")),
        *(("lightgbm", op) for op in ("ordinal", "lightgbm")),
        ("lightgbm_means", "target_mean"),
    ],
)  # fmt: skip
def test_a_step_that_is_fitted_on_all_rows_is_caught(candidate: str, op: str) -> None:
    found = moved(case("random", candidate), lambda one, dataset: Leaking(one, dataset, op))
    assert op in found


class AllLevels(Engine):
    """A fit is shown the rows of its own, but with the dictionary of the whole table."""

    def _source(self, names: tuple[str, ...], rows: RowSet, exact: bool) -> Columns:
        return super()._source(names, rows, exact=False)


def careless(column: Text) -> SeenLevels:
    """Takes a table's dictionary for what was seen."""
    return SeenLevels(sorted(column.levels), [1] * len(column.levels), 0)


@pytest.mark.parametrize(
    ("candidate", "op"), [("linear", "one_hot"), ("lightgbm", "ordinal"), ("lightgbm_means", "target_mean")]
)
def test_levels_of_other_rows_are_kept_out_twice(candidate: str, op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine strips them from what a fit is shown, and a fit takes no notice of them; without both it shows."""

    def all_levels(one: Case, dataset: Dataset) -> Engine:
        return AllLevels(dataset, one.rows)

    one = case("random", candidate)
    assert moved(one, all_levels) == set()
    monkeypatch.setattr(levels, "_seen_texts", careless)
    assert moved(one, honest) == set()
    assert op in moved(one, all_levels)


# From here on: a target that has nothing to do with the features. Whoever scores above chance has seen it.

NOISE_ROWS = 1200
SIGMAS = 4.0


@cache
def noise(seed: int = 1) -> dict[str, list[Any]]:
    """Numbers, few levels, and a city that 4 rows have on average; `y` is a coin, `real` follows `x`."""
    dice = random.Random(seed)
    rows = range(NOISE_ROWS)
    x = [dice.gauss(0, 1) for _ in rows]
    return {
        "x": x,
        "few": [dice.choice("abcdefgh") for _ in rows],
        "city": [f"c{dice.randrange(300)}" for _ in rows],
        "owner": [f"o{dice.randrange(100)}" for _ in rows],
        "day": [f"2024-{1 + i // 100:02d}-{1 + i % 28:02d}" for i in rows],
        "y": [dice.choice(("no", "yes")) for _ in rows],
        "real": ["yes" if value + dice.gauss(0, 1) > 0 else "no" for value in x],
    }


@cache
def _noisy(kind: str, target: str) -> tuple[Plan, Dataset]:
    ignored = "real" if target == "y" else "y"
    text = SPEC.replace("target: y", f"target: {target}\n  ignore: [{ignored}]") + KINDS[kind] + SMALL
    return compiled(noise(), text)


def noisy(kind: str, candidate: str, fold: int, target: str = "y") -> Case:
    plan, dataset = _noisy(kind, target)
    return Case(plan, dataset, plan.candidate(candidate), fold)


def target_of(one: Case, rows: RowSet) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = one.dataset.target[one.rows.resolve(rows)].astype(np.int64)
    return found


def variance(target: npt.NDArray[np.int64]) -> float:
    """Of roc_auc where there is nothing to know: (n + 1) / 12 over the product of the class sizes."""
    ones = int(target.sum())
    return (len(target) + 1) / (12 * ones * (len(target) - ones))


def sigmas(scores: list[tuple[Case, float]]) -> float:
    """How many standard deviations the mean of the folds' scores lies above chance."""
    total = sum(score - 0.5 for _, score in scores)
    return float(total / np.sqrt(sum(variance(target_of(one, one.scored)) for one, _ in scores)))


def auc(one: Case, rows: RowSet, column: Matrix) -> float:
    """Of one column of values over those rows."""
    both = np.column_stack([-column, column])
    return measure(METRICS["roc_auc"], both, target_of(one, rows), 2)


def predicted(one: Case, engine: Engine) -> float:
    """The score of the fold with that engine."""
    found = engine.result(one.candidate.graph, one.lowering, one.lowering.output)
    assert not isinstance(found, State)
    return auc(one, one.scored, found[:, 1])


@pytest.mark.parametrize("candidate", CANDIDATES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_target_of_chance_is_scored_at_chance(kind: str, candidate: str) -> None:
    scores = []
    for fold in range(3):
        one = noisy(kind, candidate, fold)
        assert any(node.op == "target_mean" for node in one.candidate.graph.nodes), "the city is target-encoded"
        job = Job("job", candidate, one.candidate.defaults, one.fitted, one.scored)
        done = run(FitContext(one.plan, one.dataset), job)
        assert isinstance(done, Scores)
        scores.append((one, done.score))
    assert abs(sigmas(scores)) < SIGMAS


@pytest.mark.parametrize(
    ("kind", "candidate"), [*((kind, "linear") for kind in KINDS), ("random", "lightgbm"), ("time", "lightgbm_means")]
)
def test_a_target_mean_fitted_on_all_rows_would_be_scored_above_chance(kind: str, candidate: str) -> None:
    """The canary: the bounds above are narrow enough to see the leak."""
    cases = [noisy(kind, candidate, fold) for fold in range(3)]
    assert sigmas([(one, predicted(one, Leaking(one, one.dataset, "target_mean"))) for one in cases]) > 1.5 * SIGMAS


class ServingView(Engine):
    """Trains on the serving view: a row's own target is in the mean that stands for its level."""

    def _stitch(self, graph: Any, tasks: Any, task: Stitch) -> Matrix:
        whole = [t for t in tasks.values() if isinstance(t, Fit) and t.node == task.node and t.rows == task.rows]
        state = self._result(graph, tasks, whole[0].key)
        columns = self._source(graph.node(task.node).columns, task.rows, exact=False)
        assert isinstance(state, State)
        return target_mean.apply(state, columns)


def training_view(one: Case, engine: Engine) -> float:
    """How much the city, as the model is trained on it, says of the target of the same rows."""
    stitch = next(task for task in one.lowering.tasks if isinstance(task, Stitch))
    found = engine.result(one.candidate.graph, one.lowering, stitch.key)
    assert not isinstance(found, State)
    return (auc(one, one.fitted, found[:, 0]) - 0.5) / float(np.sqrt(variance(target_of(one, one.fitted))))


@pytest.mark.parametrize("kind", KINDS)
def test_the_training_view_says_nothing_of_a_target_of_chance(kind: str) -> None:
    """Cross-fitted means may point away from a row's own target, never towards it; the serving view does, by far."""
    for fold in range(3):
        one = noisy(kind, "linear", fold)
        assert training_view(one, honest(one, one.dataset)) < SIGMAS
        assert training_view(one, ServingView(one.dataset, one.rows)) > 2 * SIGMAS


@pytest.mark.parametrize("candidate", ["linear", "lightgbm_means"])
def test_training_on_the_serving_view_would_cost_score(candidate: str) -> None:
    """Why it matters: a model that trusts the city of its own rows forgets what `x` says."""
    cases = [noisy("random", candidate, fold, "real") for fold in range(3)]
    good = np.mean([predicted(one, honest(one, one.dataset)) for one in cases])
    bad = np.mean([predicted(one, ServingView(one.dataset, one.rows)) for one in cases])
    assert good > 0.75 and bad < good - 0.02
