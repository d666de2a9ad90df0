"""What a worker keeps from one job to the next: shared steps as far as there is room, nothing of finished trials."""

from __future__ import annotations

import numpy as np

from automl.cache import Cache
from automl.fit import Engine, FitContext, path_rounds, recipe_of, run
from automl.jobs import Job, Scores
from automl.rows import ALL
from automl.runtime.state import State
from automl.tasks import lower
from tests.support.folds import SMALL, compiled
from tests.support.folds import one_thread as one_thread
from tests.support.tables import SPEC, mixed


def test_the_least_recently_used_goes_first_and_one_always_stays() -> None:
    cache = Cache(limit=2700)
    for name in "abc":
        cache.put(name, np.zeros((100, 1)))
    kept = cache.get("a")
    assert kept is not None and not kept.flags.writeable  # type: ignore[union-attr]
    cache.put("d", State(arrays={"x": np.zeros(1)}))
    assert [name for name in "abcd" if cache.get(name) is not None] == ["a", "c", "d"]
    cache.put("e", np.zeros((1000, 1)))
    assert [name for name in "acde" if cache.get(name) is not None] == ["e"]


def test_the_models_of_a_trial_do_not_push_shared_steps_out() -> None:
    plan, dataset = compiled(mixed(), SPEC + SMALL.replace("{space", "{families: [lightgbm], space"))
    candidate = plan.candidate("lightgbm")
    engine = Engine(dataset)
    lowerings = [
        lower(recipe_of(plan, candidate, {**candidate.defaults, "lightgbm.num_leaves": leaves}), ALL, None)
        for leaves in (4, 5)
    ]
    found = [engine.result(candidate.graph, one, one.output) for one in lowerings]
    assert engine.result(candidate.graph, lowerings[1], lowerings[1].output) is found[1]
    assert engine.result(candidate.graph, lowerings[0], lowerings[0].output) is not found[0]  # fitted anew
    (shared,) = lowerings[0].served
    assert lowerings[1].served == (shared,)
    first, second = (engine.result(candidate.graph, one, shared) for one in lowerings)
    assert first is second


def test_a_score_is_the_last_one_of_its_path() -> None:
    plan, dataset = compiled(mixed(), SPEC + SMALL.replace("{space", "{families: [lightgbm], space"))
    candidate = plan.candidate("lightgbm")
    fold = plan.rows.fold(0, "in"), plan.rows.fold(0, "out")
    found = run(FitContext(plan, dataset), Job("a", candidate.id, candidate.defaults, *fold))
    assert isinstance(found, Scores) and found.path[-1][1] == found.score
    rounds = candidate.graph.output.params["num_rounds"]
    assert tuple(step for step, _ in found.path) == path_rounds(int(rounds))  # type: ignore[arg-type]
