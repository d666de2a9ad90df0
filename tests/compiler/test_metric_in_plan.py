"""What the metric of a spec does to a plan: every one compiles, sets the objective, is held to the target's values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automl.catalog.metrics import METRICS
from automl.compiler import compile_draft, plan_of
from automl.compiler.check_target import check_target
from automl.errors import AutomlError
from automl.plan import Plan
from automl.planning import make_plan
from tests.support.tables import SPEC, codes, draft_of, errors, mixed, passed, write_table

TABLE = mixed(60)
TARGET = {"binary": "y", "multiclass": "grade", "regression": "price"}
FEW = "  ignore: [city, day, owner]\nvalidation: {folds: 2}\n"
CASES = [(name, task) for name, metric in METRICS.items() for task in sorted(metric.tasks)]
OBJECTIVES = {"mae": "absolute", "median_ae": "absolute", "smape": "absolute", "mape": "mape", "pinball": "quantile"}
OBJECTIVES |= {"poisson_deviance": "poisson", "gamma_deviance": "gamma"}


def plan_with(metric: str, task: str = "regression") -> Plan:
    text = SPEC.replace("target: y", f"target: {TARGET[task]}") + FEW + f"metric: {metric}\n"
    return plan_of(compile_draft(draft_of(TABLE, text)))


def outputs(plan: Plan) -> dict[str, dict[str, Any]]:
    """The parameters of each candidate's estimator that say what it optimises."""
    names = ("objective", "level")
    return {c.id: {k: v for k, v in c.graph.output.params.items() if k in names} for c in plan.candidates}


@pytest.mark.parametrize(("metric", "task"), CASES, ids=[f"{m}-{t}" for m, t in CASES])
def test_every_metric_compiles_and_says_what_to_optimise(metric: str, task: str) -> None:
    plan = plan_with(metric, task)
    assert (plan.metric, plan.spec.metric, plan.scorer) == (metric, metric, METRICS[metric])
    expected: dict[str, Any] = {"objective": OBJECTIVES[metric]} if metric in OBJECTIVES else {}
    expected |= {"level": 0.5} if metric == "pinball" else {}
    found = outputs(plan)
    assert found["constant"] == found["lightgbm"] == expected and found["linear"] == {}


def test_a_level_is_part_of_the_plan_and_the_usual_one_is_not_told_twice() -> None:
    plain, usual = plan_with("pinball"), plan_with("{name: pinball, level: 0.5}")
    high = plan_with("{name: pinball, level: 0.9}")
    assert plain == usual and plain.search_digest != high.search_digest
    assert plan_with("rmse").search_digest == plan_with("{name: rmse}").search_digest
    assert high.scorer.level == 0.9 and high.scorer.label == "pinball at 0.9" and high.metric == "pinball"
    assert outputs(high)["lightgbm"] == outputs(high)["constant"] == {"objective": "quantile", "level": 0.9}
    assert Plan.model_validate_json(high.model_dump_json()) == high


@pytest.mark.parametrize(
    ("task", "metric", "searched"),
    [
        ("binary", "f1", True),
        ("binary", "roc_auc", True),
        ("multiclass", "accuracy", True),
        ("binary", "log_loss", False),
        ("multiclass", "brier", False),
        ("regression", "rmse", False),
    ],
)
def test_weights_of_classes_are_searched_where_they_can_help(task: str, metric: str, searched: bool) -> None:
    candidate = plan_with(metric, task).candidate("lightgbm")
    assert ("lightgbm.class_weight" in candidate.space) is searched
    assert candidate.graph.output.params.get("class_weight") == (None if searched else "none")


@pytest.mark.parametrize(
    ("metric", "values", "expected"),
    [
        ("rmsle", [0.0, 1.5, 7.25], []),
        ("rmsle", [-0.5, 1.5, 7.25], ["DATA081"]),
        ("poisson_deviance", [0.0, 1.5, 7.25], []),
        ("poisson_deviance", [-0.5, 1.5, 7.25], ["DATA081"]),
        ("gamma_deviance", [0.0, 1.5, 7.25], ["DATA081"]),
        ("gamma_deviance", [0.5, 1.5, 7.25], []),
        ("mape", [0.0, 1.5, 7.25], ["DATA082"]),
        ("mape", [0.5, 1.5, 7.25], []),
        ("rmse\naccept: [{metric: gamma_deviance, at_most: 1}]", [0.0, 1.5, 7.25], ["DATA081"]),
    ],
)
def test_a_target_outside_of_the_metric_s_domain(metric: str, values: list[float], expected: list[str]) -> None:
    table = {"x": [i * i for i in range(60)], "y": [values[i % 3] for i in range(60)]}
    text = SPEC + f"validation: {{folds: 2}}\ntask: regression\nmetric: {metric}\n"
    draft = passed(draft_of(table, text), check_target)
    found = [d for d in draft.findings if d.code.startswith("DATA08")]
    assert [d.code for d in found] == expected
    assert [d.code for d in errors(draft)] == [code for code in expected if code == "DATA081"]
    if found:
        line = text.splitlines()[found[0].line - 1] if found[0].line else ""
        assert line.startswith(("metric:", "accept:")) and "20 of 60 values" in found[0].message


OWN = SPEC + FEW + "metric: {function: FUNCTION, direction: maximise, needs: label}\n"
SOURCE = "raise RuntimeError('compile must not run me')\n\n\ndef profit(target, guess):\n    return 1.0\n"


def own(folder: Path, function: str = "own_metric_at_compile.profit") -> Path:
    write_table(folder / "tiny.csv", TABLE)
    (folder / "own_metric_at_compile.py").write_text(SOURCE, encoding="utf-8")
    (folder / "tiny.yaml").write_text(OWN.replace("FUNCTION", function), encoding="utf-8")
    return folder / "tiny.yaml"


def test_an_own_metric_is_found_and_not_run(tmp_path: Path) -> None:
    planned = make_plan(own(tmp_path))
    scorer = planned.plan.scorer
    assert (scorer.name, scorer.needs, scorer.greater_is_better) == ("own_metric_at_compile.profit", "label", True)
    assert scorer.chooses_threshold and scorer.source is not None and planned.modules == str(tmp_path)
    assert str(tmp_path) not in planned.plan.model_dump_json()
    before = planned.plan.search_digest
    (tmp_path / "own_metric_at_compile.py").write_text(SOURCE.replace("1.0", "2.0"), encoding="utf-8")
    assert make_plan(tmp_path / "tiny.yaml").plan.search_digest != before


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("own_metric_at_compile.proft", "has no function 'proft'"),
        ("own_metric_of_nobody.profit", "there is no module 'own_metric_of_nobody'"),
        ("json.decoder.nothing", "has no function 'nothing'"),
        ("own_metric_at_compile.inner.profit", "there is no module 'own_metric_at_compile.inner'"),
    ],
)
def test_an_own_metric_that_is_not_there(tmp_path: Path, function: str, said: str) -> None:
    with pytest.raises(AutomlError) as raised:
        make_plan(own(tmp_path, function))
    assert codes(raised.value) == ["SPEC082"] and said in raised.value.diagnostics[0].message


def test_an_own_metric_of_another_task(tmp_path: Path) -> None:
    spec = own(tmp_path)
    spec.write_text(spec.read_text().replace("target: y", "target: price"), encoding="utf-8")
    with pytest.raises(AutomlError) as raised:
        make_plan(spec)
    assert codes(raised.value) == ["DATA065"]


def test_a_target_whose_squares_overflow_is_refused() -> None:
    table = {**TABLE, "price": [1e300 * (i + 1) / 60 for i in range(60)]}
    draft = passed(draft_of(table, SPEC.replace("target: y", "target: price") + FEW), check_target)
    assert [found.code for found in errors(draft)] == ["DATA083"]
