from __future__ import annotations

from typing import Any

from automl.params import Float
from automl.plan import Forecast, Plan
from automl.report.diff import compare, leaves
from automl.spec.model import BudgetSpec
from tests.report.sample import column, constant, linear, plan


def changed_spec(old: Plan, part: str, changes: dict[str, Any]) -> Plan:
    inner = getattr(old.spec, part).model_copy(update=changes)
    return old.model_copy(update={"spec": old.spec.model_copy(update={part: inner})})


def test_equal_plans() -> None:
    found = compare(plan(), plan())
    assert found.changes == () and found.resumable
    assert found.unchanged == ("constant", "linear") and found.outdated == ()
    assert found.lines()[0] == "no differences"


def test_a_larger_budget_keeps_everything() -> None:
    new = changed_spec(plan(), "search", {"budget": BudgetSpec(trials=20, time_s=60.0)})
    found = compare(plan(), new)
    assert [(c.area, c.field, c.old, c.new) for c in found.changes] == [("spec", "search.budget.trials", "10", "20")]
    assert found.resumable and found.outdated == ()


def test_a_narrower_space_keeps_the_finished_fits_but_not_the_run() -> None:
    narrow = {**linear().space, "model.C": Float(low=0.1, high=10.0, default=1.0, log=True)}
    new = plan().model_copy(update={"candidates": (constant(), linear().model_copy(update={"space": narrow}))})
    found = compare(plan(), new)
    assert [(c.name, c.field) for c in found.changes] == [("linear", "space model.C")]
    assert not found.resumable and found.unchanged == ("constant", "linear")


def test_another_step_outdates_its_candidate_only() -> None:
    nodes = linear().graph.nodes
    new_model = nodes[-1].model_copy(update={"params": {"max_iter": 500}})
    graph = linear().graph.model_copy(update={"nodes": (*nodes[:-1], new_model)})
    new = plan().model_copy(update={"candidates": (constant(), linear().model_copy(update={"graph": graph}))})
    found = compare(plan(), new)
    assert [(c.field, c.old, c.new) for c in found.changes] == [("step model.params.max_iter", "100", "500")]
    assert found.unchanged == ("constant",) and found.outdated == ("linear",)


def test_other_data_outdates_everything() -> None:
    schema = plan().data_schema.model_copy(
        update={"fingerprint": "sha256:other", "columns": (*plan().data_schema.columns[1:], column("new"))}
    )
    found = compare(plan(), plan().model_copy(update={"data_schema": schema}))
    kinds = {(c.area, c.name, c.kind) for c in found.changes}
    assert {("columns", "a", "removed"), ("columns", "new", "added"), ("plan", "table", "changed")} <= kinds
    assert found.unchanged == () and found.outdated == ("constant", "linear")


def test_metric_rows_and_seed_outdate_everything() -> None:
    old = plan()
    folds = old.rows.model_copy(update={"folds": old.rows.folds.model_copy(update={"folds": 5})})
    for new in (
        old.model_copy(update={"metric": "log_loss"}),
        old.model_copy(update={"rows": folds}),
        changed_spec(old, "search", {"seed": 1}),
    ):
        found = compare(old, new)
        assert found.changes and found.unchanged == ()


def test_candidates_come_and_go_and_forecasts_change() -> None:
    dearer = linear().model_copy(update={"forecast": Forecast(cpu_s=2.0, memory_bytes=2**20)})
    found = compare(plan(), plan().model_copy(update={"candidates": (dearer,)}))
    assert [(c.name, c.kind, c.field) for c in found.changes] == [
        ("constant", "removed", ""),
        ("linear", "changed", "CPU seconds per fit"),
        ("linear", "changed", "memory per fit"),
    ]
    back = compare(plan().model_copy(update={"candidates": (dearer,)}), plan())
    assert back.outdated == ("constant",)
    assert "  + constant" in back.lines()


def test_leaves_are_paths() -> None:
    assert leaves({"a": {"b": [1, 2]}, "c": [{"d": None}]}) == {"a.b": "[1,2]", "c[0].d": "null"}
