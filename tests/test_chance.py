"""A target that has nothing to do with the features is scored at chance: a score above it has seen the target."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from automl.catalog import METRICS
from automl.data.dataset import Dataset
from automl.fit import Engine, FitContext, run
from automl.jobs import Job, Scores
from automl.measure import measure
from automl.plan import Plan
from automl.rows import RowSet
from automl.runtime import target_mean
from automl.runtime.columns import Matrix
from automl.runtime.state import State
from automl.tasks import Fit, Stitch
from tests.support.folds import CANDIDATES, KINDS, SMALL, Case, Leaking, compiled, honest
from tests.support.folds import one_thread as one_thread
from tests.support.tables import SPEC

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
