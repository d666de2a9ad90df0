"""The task graph: what is shared, what seeds depend on, and that a leaking graph is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from automl.graph import SOURCE, Graph, Node
from automl.rows import RowSet, Split
from automl.tasks import Apply, Fit, Lowering, Recipe, Stitch, find_leaks, lower

FOLDS = Split(kind="random", folds=3, seed=1)
INNER = Split(kind="random", folds=2, seed=2)
IN, OUT = RowSet().part(FOLDS, 0, "in"), RowSet().part(FOLDS, 0, "out")
GRAPH = Graph(
    nodes=(
        Node(id="means", op="target_mean", inputs=(SOURCE,), columns=("city",)),
        Node(id="numbers", op="numbers", inputs=(SOURCE,), columns=("age",)),
        Node(id="join", op="join", inputs=("means", "numbers")),
        Node(id="model", op="ridge", inputs=("join",)),
    )
)
RECIPE = Recipe(GRAPH, {"model.alpha": 1.0}, INNER, seed=0)


def fits(lowering: Lowering, node: str) -> list[Fit]:
    return [task for task in lowering.tasks if isinstance(task, Fit) and task.node == node]


def test_a_cross_fitted_step_has_inner_fits_and_one_serving_fit() -> None:
    means = fits(lower(RECIPE, IN, OUT), "means")
    assert {fit.rows for fit in means} == {IN, IN.part(INNER, 0, "in"), IN.part(INNER, 1, "in")}


def test_the_model_is_trained_on_the_training_view_and_scored_on_the_serving_view() -> None:
    lowering = lower(RECIPE, IN, OUT)
    tasks = {task.key: task for task in lowering.tasks}
    (model,) = fits(lowering, "model")
    joined = tasks[model.inputs[0]]
    assert isinstance(joined, Apply)
    assert isinstance(tasks[joined.inputs[0]], Stitch)
    scored = tasks[lowering.output]
    assert isinstance(scored, Apply)
    assert scored.rows == OUT and scored.fit == model.key


def test_a_change_of_the_models_parameters_leaves_the_steps_before_it_alone() -> None:
    one = lower(RECIPE, IN, OUT)
    other = lower(replace(RECIPE, params={"model.alpha": 2.0}), IN, OUT)
    assert fits(one, "means") == fits(other, "means")
    assert fits(one, "model")[0].key != fits(other, "model")[0].key


def test_equal_steps_of_two_candidates_are_one_task_whatever_their_names() -> None:
    renamed = Graph(
        nodes=(
            Node(id="figures", op="numbers", inputs=(SOURCE,), columns=("age",)),
            Node(id="m", op="ridge", inputs=("figures",)),
        )
    )
    one = {fit.key for fit in fits(lower(RECIPE, IN, OUT), "numbers")}
    other = {fit.key for fit in fits(lower(Recipe(renamed, {}, INNER, 0), IN, OUT), "figures")}
    assert one == other


def test_seeds_depend_on_the_root_seed_and_on_the_rows() -> None:
    seed = fits(lower(RECIPE, IN, OUT), "model")[0].seed
    assert seed != fits(lower(replace(RECIPE, seed=1), IN, OUT), "model")[0].seed
    assert seed != fits(lower(RECIPE, RowSet().part(FOLDS, 1, "in"), OUT), "model")[0].seed


def test_what_the_compiler_lowers_does_not_leak() -> None:
    for fold in range(3):
        rows = RowSet().part(FOLDS, fold, "in"), RowSet().part(FOLDS, fold, "out")
        assert find_leaks(lower(RECIPE, *rows), rows[1]) == []


@pytest.mark.parametrize("fitted_on", [RowSet(), OUT, RowSet().part(FOLDS, 1, "in"), OUT.part(INNER, 0, "in")])
def test_a_fit_on_scored_rows_is_refused(fitted_on: RowSet) -> None:
    lowering = lower(RECIPE, fitted_on, OUT)
    assert any("fitted on rows that it is scored on" in leak for leak in find_leaks(lowering, OUT))


def test_a_model_trained_on_the_serving_view_is_refused() -> None:
    """The leak that target encoding is known for: all Fits are on training rows, yet the model sees its own targets."""
    lowering = lower(RECIPE, IN, OUT)
    serving = next(fit for fit in fits(lowering, "means") if fit.rows == IN)
    own = Apply("own", "means", "target_mean", IN, (), serving.key)
    stitch = next(task for task in lowering.tasks if isinstance(task, Stitch))
    tasks = tuple(
        replace(task, inputs=tuple("own" if key == stitch.key else key for key in task.inputs))
        if isinstance(task, Apply) and task.node == "join"
        else task
        for task in lowering.tasks
    )
    found = find_leaks(replace(lowering, tasks=(*tasks, own)), OUT)
    assert any("shown in training to the rows it was fitted on" in leak for leak in found)


def test_scoring_through_a_training_view_is_refused() -> None:
    lowering = lower(RECIPE, IN, OUT)
    stitch = next(task for task in lowering.tasks if isinstance(task, Stitch))
    tasks = tuple(
        replace(task, inputs=(stitch.key, *task.inputs[1:]))
        if isinstance(task, Apply) and task.node == "join" and task.rows == OUT
        else task
        for task in lowering.tasks
    )
    assert any("shows its training view" in leak for leak in find_leaks(replace(lowering, tasks=tasks), OUT))
