"""Shared by the tests of the language: the two examples of the contract, and short ways to write and read a spec."""

from __future__ import annotations

from automl.errors import Diagnostic
from automl.spec.load import parse_spec
from automl.spec.written import WrittenSpec

SHORTEST = """\
version: 1
name: telco-churn
data:
  path: telco_churn.csv.gz
  target: Churn
"""

EVERYTHING = """\
version: 1
name: telco-churn
task: binary
data:
  path: data/*.parquet
  test: null
  format: {delimiter: ";", decimal: ",", encoding: utf-8, missing: ["", "NA", "?"]}
  target: Churn
  positive: "Yes"
  id: [customerID]
  ignore: [gender_code]
  weight: null
  group: null
  time: null
  columns:
    TotalCharges: {kind: numeric, missing: ["", " "]}
    Contract: {kind: categorical}
    tenure: {monotone: decreasing}
  checks:
    DQ012: allow
metric: roc_auc
validation:
  kind: stratified
  folds: 5
  holdout: 0.2
search:
  seed: 0
  budget: {trials: 200, time: 10m}
  trial: {timeout: 60s, memory: 2GiB, cpus: 1}
  families: [lightgbm, linear, extra_trees, random_forest, mlp]
  space:
    lightgbm: {num_leaves: {low: 8, high: 256, log: true}, max_bin: 255}
  parallelism: 8
ensemble: {size: 12}
accept:
  - {metric: roc_auc, at_least: 0.83}
  - {metric: roc_auc, better_than_baseline_by: 0.02}
  - {metric: roc_auc, under: {noise: 0.1}, drop_at_most: 0.03}
  - {metric: roc_auc, for_each: gender, gap_at_most: 0.05}
  - {latency_p99: 5ms}
  - {package_size: 50MiB}
run:
  executor: ray
  address: auto
package:
  version: 1.0.0
  targets: [python, docker, kubernetes, ci]
  base_image: python:3.11-slim
  unknown_category: other
  missing_numeric: median
  sign: null
"""

OTHERS = """\
version: 1
name: orders
data:
  url: sqlite:///shop.db
  query: select 1
  target: y
  positive: 1
validation: {kind: time, folds: {column: fold}, gap: 7d}
search:
  space: {logistic: {class_weight: {options: [none, balanced]}}}
"""


def written(text: str) -> WrittenSpec:
    """The spec as written, whatever is said about it."""
    spec, _, _ = parse_spec(text, "spec.yaml")
    assert spec is not None
    return spec


def findings(text: str) -> list[Diagnostic]:
    """Everything that is said about a text."""
    return parse_spec(text, "spec.yaml")[2]


def codes(text: str) -> list[str]:
    """The codes of that, in the order of their place."""
    return [d.code for d in sorted(findings(text), key=lambda d: (d.line or 0, d.column or 0))]
