"""What can be judged without data: what tests/specs_invalid does not hold, and what must not be refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from automl.catalog import FAMILIES, METRICS, OPERATORS, Metric
from automl.params import Choice
from automl.spec import check_space
from automl.spec.codes import CODES
from tests.spec.support import OTHERS, SHORTEST, codes, findings

ROOT = Path(__file__).parent.parent.parent


def space(text: str) -> str:
    return SHORTEST + f"search: {{space: {{{text}}}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHORTEST.replace("telco-churn", "class"), ["SPEC031"]),
        (SHORTEST.replace("telco-churn", "9lives"), ["SPEC031"]),
        (SHORTEST.replace("telco-churn", "Naïve"), ["SPEC031"]),
        (SHORTEST.replace("telco-churn", "LightGBM"), ["SPEC032"]),
        (SHORTEST.replace("telco-churn", "JSON"), ["SPEC032"]),
        (SHORTEST.replace("telco-churn", "concurrent"), ["SPEC032"]),
        (SHORTEST.replace("telco-churn", "a" * 65), ["SPEC031"]),
        (SHORTEST.replace("  path: telco_churn.csv.gz", "  url: x"), ["SPEC034", "SPEC090"]),
        (SHORTEST.replace("telco_churn.csv.gz", '""'), ["SPEC025"]),
        (SHORTEST.replace("telco_churn.csv.gz", "[a.csv, a.csv]"), ["SPEC042"]),
        (SHORTEST.replace("telco_churn.csv.gz", "a.JSONL"), []),
        (SHORTEST + '  format: {decimal: "."}\n', []),
        (SHORTEST + '  format: {decimal: ";"}\n', ["SPEC026"]),
        (SHORTEST + '  format: {decimal: ","}\n', []),
        (SHORTEST + '  format: {delimiter: "\\t", encoding: latin-1}\n', []),
        (SHORTEST + "  format: {encoding: zlib}\n", ["SPEC026"]),
        (SHORTEST + "  checks: {DQ999: allow}\n", ["SPEC022"]),
        (SHORTEST + "  checks: {DQ001: allow, DATA033: error}\n", []),
        (SHORTEST + "  checks: {DATA005: allow}\n", ["SPEC022"]),
        (SHORTEST + "  checks: {outliers: allow}\n", ["SPEC022"]),
        (SHORTEST + "  checks: {DQ999: ignore}\n", ["SPEC022"]),
        (SHORTEST + "  group: Churn\n", ["SPEC040"]),
        (SHORTEST + "  weight: w\n  time: w\n", ["SPEC041"]),
        (SHORTEST + "  id: [a]\n  group: a\n  time: b\n  positive: yes\n", []),
        (SHORTEST + "task: regression\nvalidation: {kind: stratified}\n", ["SPEC044"]),
        (SHORTEST + "validation: {folds: 2, holdout: 0.9}\n", []),
        (SHORTEST + "validation: {folds: 2, holdout: 0}\n", []),
        (SHORTEST + "validation: {holdout: -0.1}\n", ["SPEC036"]),
        (SHORTEST + "validation: {holdout: 0.91}\n", ["SPEC036"]),
        (SHORTEST + "search: {budget: {}}\n", ["SPEC035"]),
        (SHORTEST + "search: {budget: {time: 1s}}\n", []),
        (SHORTEST + "search: {budget: {trials: true}}\n", ["SPEC021"]),
        (SHORTEST + "search: {families: [linear, lightgbm, constant]}\n", []),
        (SHORTEST + "ensemble: {size: 1}\nrun: {executor: inline}\n", []),
        (SHORTEST + "search: {budget: {time: 4000d}, trial: {timeout: 4000d, memory: 9999999TiB}}\n", ["SPEC023"] * 3),
        (SHORTEST + "search: {parallelism: 70000}\nvalidation: {folds: 1001}\n", ["SPEC023"] * 2),
        (SHORTEST + "accept: [{package_size: 0B}]\n", ["SPEC023"]),
        (SHORTEST + "accept: [{metric: rmse, package_size: 1B}]\n", ["SPEC057"]),
        (SHORTEST + "accept: [{metric: rmse, drop_at_most: 1}]\n", ["SPEC057"]),
        (SHORTEST + "accept: [{metric: rmse, at_least: 2, at_most: 1}]\n", ["SPEC057"]),
        (SHORTEST + "package: {version: 1.0.0rc1, targets: [python, docker]}\n", []),
        (SHORTEST + "package: {version: one}\n", ["SPEC058"]),
        (SHORTEST + "package: {base_image: 'localhost:5000/a/b:1@sha256:" + "0" * 64 + "'}\n", []),
        (SHORTEST + 'package: {base_image: "a\\nRUN x"}\n', ["SPEC059"]),
        (SHORTEST + "package: {sign: key.pem, targets: [onnx, mlflow]}\n", ["SPEC090"] * 3),
        (SHORTEST.replace("version: 1", "version: 2") + "validation: {folds: {}}\n", ["SPEC030", "SPEC020"]),
        (OTHERS, ["SPEC090", "SPEC038", "SPEC071", "SPEC072"]),
    ],
)
def test_checks(text: str, expected: list[str]) -> None:
    assert sorted(codes(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lightgbm: {max_bin: 255, num_rounds: 50, lambda_l1: 0, extra_trees: true}", []),
        ("lightgbm: {num_leaves: {low: 8, high: 1000, log: true}}", []),
        ("lightgbm: {learning_rate: {options: [0.1, 0.05]}}", []),
        ("linear: {C: 1.0, alpha: {low: 0.1, high: 10}}", []),
        ("one_hot: {min_count: 3}, impute: {strategy: mean}", []),
        ("lightgbm: {threads: 4}", ["SPEC049"]),
        ("one_hot: {unknown_category: reject}", ["SPEC049"]),
        ("standardise: {a: 1}", ["SPEC049"]),
        ("mlp: {a: 1, width: 0, layers: 1}", ["SPEC049", "SPEC051"]),
        ("knn: {weights: {options: [near]}, k: {low: 1, high: 3}}", ["SPEC051"]),
        ("date_cycles: {}, missing_indicators: {}, select_features: {}, count_encode: {log: true}", []),
        ("scale: {method: {options: [power, uniform]}}, ordinal: {min_count: {low: 1, high: 50}}", []),
        ("scale: {method: none}, select_features: {share: 1.5}, ordinal: {min_count: 0}", ["SPEC051"] * 3),
        ("lightgbm: {num_leaves: 1}", ["SPEC051"]),
        ("lightgbm: {num_leaves: 31.5}", ["SPEC051"]),
        ("lightgbm: {num_leaves: true}", ["SPEC051"]),
        ("lightgbm: {num_leaves: {low: 8}}", ["SPEC050"]),
        ("lightgbm: {num_leaves: {low: 8, high: 8}}", []),
        ("lightgbm: {learning_rate: {low: 0, high: 1, log: true}}", ["SPEC051", "SPEC051"]),
        ("lightgbm: {lambda_l2: {low: 0, high: 1, log: true}}", ["SPEC051"]),
        ("lightgbm: {extra_trees: 1}", ["SPEC051"]),
        ("logistic: {class_weight: heavy}", ["SPEC051"]),
        ("logistic: {class_weight: {options: [none, none]}}", ["SPEC042"]),
        ("logistic: {class_weight: {options: []}}", ["SPEC025"]),
        ("logistic: {C: 1}", []),
        ("logistic: {C: null}", ["SPEC021"]),
    ],
)
def test_space(text: str, expected: list[str]) -> None:
    assert codes(space(text)) == expected


def test_space_and_families_against_the_task() -> None:
    assert codes(space("ridge: {alpha: 1}") + "task: binary\n") == ["SPEC047"]
    assert codes(space("linear: {C: 1}") + "task: regression\n") == ["SPEC049"]
    assert codes(space("linear: {alpha: 1}") + "task: regression\n") == []


def test_every_default_of_the_catalog_is_legal() -> None:
    for operator in OPERATORS.values():
        for name, param in operator.space.items():
            default = str(param.default).lower() if isinstance(param.default, bool) else param.default
            assert codes(space(f"{operator.name}: {{{name}: {default}}}")) == [], name
            if not isinstance(param, Choice):
                ends = f"{{low: {param.low}, high: {param.high}, log: {str(param.log).lower()}}}"
                assert codes(space(f"{operator.name}: {{{name}: {ends}}}")) == [], name


def test_limits_name_parameters_that_exist() -> None:
    for dotted in check_space.LEGAL:
        operator, _, name = dotted.partition(".")
        assert name in (*OPERATORS[operator].space, *OPERATORS[operator].fixed)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_can_be_named(name: str) -> None:
    assert codes(SHORTEST + f"search: {{families: [{name}]}}\n") == []
    told = ["SPEC047"] if "regression" not in FAMILIES[name].estimators else []
    assert codes(SHORTEST + f"task: regression\nsearch: {{families: [{name}]}}\n") == told


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_fits_its_tasks_and_no_other(metric: Metric) -> None:
    for task in ("binary", "multiclass", "regression"):
        expected = [] if task in metric.tasks else ["SPEC044"]
        assert codes(SHORTEST + f"task: {task}\nmetric: {metric.name}\n") == expected
        assert codes(SHORTEST + f"task: {task}\nmetric: {{name: {metric.name}}}\n") == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("{name: pinball, level: 0.9}", []),
        ("{name: pinball, level: 1}", ["SPEC023"]),
        ("{name: pinball, level: 0}", ["SPEC023"]),
        ("{name: rmse, level: 0.5}", ["SPEC081"]),
        ("{name: rmse, direction: minimise}", ["SPEC081"]),
        ("{name: nothing}", ["SPEC043"]),
        ("{level: 0.5}", ["SPEC081"]),
        ("{}", ["SPEC081"]),
        ("{name: rmse, function: a.b}", ["SPEC081"]),
        ("{name: pinball, levl: 0.9}", ["SPEC014"]),
        ("{function: a.b}", ["SPEC081", "SPEC081"]),
        ("{function: a.b, direction: up, needs: label}", ["SPEC022"]),
        ("{function: a, direction: maximise, needs: label}", ["SPEC082"]),
        ("{function: a..b, direction: maximise, needs: label}", ["SPEC082"]),
        ("{function: a.b, direction: maximise, needs: label, level: 0.5}", ["SPEC081"]),
        ("{function: a.b, direction: maximise, needs: label}", []),  # whether it exists is seen beside the file
        ("[roc_auc]", ["SPEC021"]),
    ],
)
def test_a_metric_as_a_mapping(metric: str, expected: list[str]) -> None:
    assert codes(SHORTEST + f"metric: {metric}\n") == expected


def test_a_criterion_may_name_the_own_metric_that_is_optimised() -> None:
    own = SHORTEST + "metric: {function: a.b, direction: maximise, needs: value}\naccept: [{metric: %s, at_least: 1}]\n"
    assert codes(own % "a.b") == [] and codes(own % "a.c") == ["SPEC043"]
    task = "task: binary\n"
    assert codes(own % "a.b" + task) == ["SPEC044"]


def test_every_code_is_listed_used_and_documented() -> None:
    sources = [p.read_text() for p in (ROOT / "automl" / "spec").glob("*.py") if p.name != "codes.py"]
    used = {code for source in sources for code in re.findall(r"SPEC\d{3}", source)}
    assert used == set(CODES)
    page = (ROOT / "docs" / "reference" / "diagnostics.md").read_text()
    for code, meaning in CODES.items():
        assert f"| {code} | {meaning}" in page


def test_no_finding_is_told_twice() -> None:
    text = SHORTEST.replace("Churn", "3") + "  id: x\nmetric: [a]\nsearch: 7\n"
    found = findings(text)
    assert len(found) == len({(d.line, d.column) for d in found}) == 4
