"""Emitted packages do what they say: their own tests pass, files are predicted, a refit gives the same bytes."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.emit.golden import apply_graph
from automl.emit.write import emit_package
from automl.runtime.state import State
from tests.emit import support

CASES = {
    "linear_binary": ("binary", support.linear_graph("binary")),
    "linear_multiclass": ("multiclass", support.linear_graph("multiclass")),
    "linear_regression": ("regression", support.linear_graph("regression")),
    "trees_binary": ("binary", support.tree_graph()),
    "trees_regression": ("regression", support.tree_graph()),
    "constant": ("binary", support.constant_graph()),
    "steps": ("binary", support.steps_graph()),
}


SLOW_CASES = ("linear_regression", "constant", "steps")  # only the slow tests look at these


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One package per case, and its training data beside it."""
    root = tmp_path_factory.mktemp("packages")
    for name in CASES.keys() - SLOW_CASES:
        make(name, root)
    return root


def make(name: str, root: Path) -> None:
    """The package of a case, and its training data beside it."""
    task, graph = CASES[name]
    emit_package(support.request(graph, task), root / name)
    support.write_csv((*support.table(), support.target(task)), root / f"{name}.csv")


def run(package: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m telco_churn ...`, without automl on the path."""
    world = {**os.environ, "PYTHONPATH": str(package / "src"), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    command = [sys.executable, "-m", "telco_churn", *map(str, arguments)]
    return subprocess.run(command, env=world, cwd=package, capture_output=True, text=True, check=False)


def own_tests(package: Path, *arguments: str, **environment: str) -> str:
    """The closing line of the package's own tests, which must pass."""
    world = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    world.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *arguments]
    done = subprocess.run(command, env=world, cwd=package, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_a_refit_gives_the_same_bytes(packages: Path) -> None:
    done = run(packages / "linear_multiclass", "refit", "--data", packages / "linear_multiclass.csv", "--check")
    assert (done.returncode, done.stdout) == (0, "telco_churn: every artifact has the same bytes\n"), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_package_s_own_tests_pass(tmp_path: Path, case: str) -> None:
    make(case, tmp_path)
    assert "skipped" in own_tests(tmp_path / case)
    assert "skipped" not in own_tests(tmp_path / case, "-k", "refit", TRAINING_DATA=str(tmp_path / f"{case}.csv"))


@pytest.mark.parametrize("case", ["linear_binary", "trees_regression"])
def test_a_file_gives_the_bits_of_the_trial(packages: Path, tmp_path: Path, case: str) -> None:
    task, graph = CASES[case]
    made = support.request(graph, task)
    columns = {source.name: source.column for source in support.table()}
    expected = apply_graph(graph, made.states, columns)
    done = run(packages / case, "predict", packages / f"{case}.csv", "-o", tmp_path / "out.csv.gz")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    with gzip.open(tmp_path / "out.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["customer"] for row in rows] == list(support.table()[0].values)
    if task == "regression":
        assert list(rows[0]) == ["customer", "prediction"]
        found = np.array([[float(row["prediction"])] for row in rows])
    else:
        assert list(rows[0]) == ["customer", "prediction", "probability_no", "probability_yes"]
        found = np.array([[float(row["probability_no"]), float(row["probability_yes"])] for row in rows])
        assert [row["prediction"] for row in rows] == [("no", "yes")[int(np.argmax(line))] for line in expected]
    assert found.tobytes() == expected.tobytes()


def test_parquet_and_csv_give_the_same(packages: Path, tmp_path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    source = packages / "trees_binary.csv"
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(source), tmp_path / "in.parquet")
    for name, data in (("a.parquet", source), ("b.parquet", tmp_path / "in.parquet")):
        done = run(packages / "trees_binary", "predict", data, "-o", tmp_path / name)
        assert done.returncode == 0, done.stderr
    a, b = (pyarrow.parquet.read_table(tmp_path / name) for name in ("a.parquet", "b.parquet"))
    assert a.column_names == ["customer", "prediction", "probability_no", "probability_yes"]
    assert a.equals(b)


@pytest.mark.slow
def test_a_refit_says_what_differs(packages: Path, tmp_path: Path) -> None:
    task, graph = CASES["linear_binary"]
    made = support.request(graph, task)
    scale = made.states["scale"]
    other = State(values=scale.values, arrays={**scale.arrays, "mean": scale.arrays["mean"] + 1e-12})
    out = emit_package(replace(made, states={**made.states, "scale": other}), tmp_path / "other").path
    done = run(out, "refit", "--data", packages / "linear_binary.csv", "--check")
    assert (done.returncode, done.stdout.splitlines()[0]) == (6, "scale.npz"), done.stderr


def test_a_refit_of_other_data_is_refused_or_warned_of(packages: Path, tmp_path: Path) -> None:
    text = (packages / "linear_binary.csv").read_text(encoding="utf-8").replace("Berlin", "Bern")
    (tmp_path / "other.csv").write_text(text, encoding="utf-8")
    checked = run(packages / "linear_binary", "refit", "--data", tmp_path / "other.csv", "--check")
    assert checked.returncode == 1
    assert "'city'" in checked.stderr
    assert "Traceback" not in checked.stderr
    written = run(packages / "linear_binary", "refit", "--data", tmp_path / "other.csv", "-o", tmp_path / "artifacts")
    assert written.returncode == 0
    assert "'city'" in written.stderr
    assert "Bern" in (tmp_path / "artifacts" / "means.json").read_text(encoding="utf-8")


def test_wrong_input_is_answered_in_words(packages: Path, tmp_path: Path) -> None:
    package = packages / "trees_binary"
    (tmp_path / "wrong.csv").write_text("age,city\nold,Oslo\n", encoding="utf-8")
    for arguments, words in (
        (
            ("predict", tmp_path / "wrong.csv", "-o", tmp_path / "out.csv"),
            "field 'since': expected a column of this name",
        ),
        (("predict", tmp_path / "none.csv", "-o", tmp_path / "out.csv"), "none.csv"),
        (("predict", packages / "trees_binary.csv", "-o", tmp_path / "out.xlsx"), "ends in .csv, .csv.gz or .parquet"),
        (("predict", packages / "trees_binary.csv", "-o", tmp_path / "no" / "out.csv"), "there is no folder"),
        (("predict", tmp_path / "wrong.csv", "-o", tmp_path / "wrong.csv"), "would replace the input"),
        (("refit", "--data", tmp_path / "wrong.csv", "--check"), "a column of this name in wrong.csv"),
    ):
        done = run(package, *arguments)
        assert done.returncode == 1, (arguments, done.stderr)
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.csv"]
    assert run(package, "serve", "--port", "none").returncode == 2
    assert run(package, "refit", "--data", "x").returncode == 2


def test_policies_that_reject_name_row_and_field(tmp_path: Path) -> None:
    task, graph = CASES["trees_binary"]
    made = support.with_package(support.request(graph, task), unknown_category="reject", missing_numeric="reject")
    out = emit_package(made, tmp_path / "strict").path
    assert "passed" in own_tests(out, "-k", "schema or predictions")
    support.write_csv(support.table(), tmp_path / "in.csv")
    lines = (tmp_path / "in.csv").read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].replace(lines[3].split(",")[3], "Atlantis")
    lines[5] = ",".join([lines[5].split(",")[0], "", *lines[5].split(",")[2:]])
    (tmp_path / "in.csv").write_text("\n".join(lines), encoding="utf-8")
    done = run(out, "check", tmp_path / "in.csv")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "row 2, field 'city': expected a category that training has seen, found 'Atlantis'",
        "row 4, field 'age': expected a value: training had no missing one, found a missing value",
    ]


def test_rows_are_counted_from_the_start_of_a_long_file(tmp_path: Path) -> None:
    task, graph = CASES["trees_binary"]
    made = support.with_package(support.request(graph, task), unknown_category="reject")
    out = emit_package(made, tmp_path / "strict").path
    support.write_csv(support.table(), tmp_path / "in.csv")
    head, *rows = (tmp_path / "in.csv").read_text(encoding="utf-8").splitlines()
    many = (rows * 300)[:17_000]  # more than one chunk
    many[16_999] = many[16_999].replace(many[16_999].split(",")[3], "Atlantis")
    (tmp_path / "in.csv").write_text("\n".join([head, *many]), encoding="utf-8")
    assert "row 16999, field 'city'" in run(out, "check", tmp_path / "in.csv").stdout


def test_other_layouts_of_a_file_are_read(packages: Path, tmp_path: Path) -> None:
    text = (packages / "trees_binary.csv").read_text(encoding="utf-8").replace("Oslo", "Köln")
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (tmp_path / "b.csv").write_text(text.replace(",", ";"), encoding="cp1252")
    (tmp_path / "c.csv").write_text(text.replace(",", "\t"), encoding="utf-8-sig")
    (tmp_path / "d.csv").write_text(text, encoding="utf-16")
    for name in "abcd":
        done = run(packages / "trees_binary", "predict", tmp_path / f"{name}.csv", "-o", tmp_path / f"out-{name}.csv")
        assert done.returncode == 0, (name, done.stderr)
    assert len({(tmp_path / f"out-{name}.csv").read_bytes() for name in "abcd"}) == 1


LAZY = "import sys, telco_churn; print(sorted({'numpy', 'csv', 'lightgbm', 'sklearn', 'scipy'} & set(sys.modules)))"
SMALL = """
import sys, telco_churn
telco_churn.load()
heavy = {"lightgbm", "sklearn", "scipy", "pyarrow", "joblib", "automl"}
print(sorted(heavy.intersection(name.split(".")[0] for name in sys.modules)))
"""


@pytest.mark.parametrize("code", [LAZY, SMALL])
def test_import_loads_nothing_and_prediction_loads_little(packages: Path, code: str) -> None:
    world = {**os.environ, "PYTHONPATH": str(packages / "trees_binary" / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=world, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_info_is_json(packages: Path) -> None:
    about: dict[str, Any] = json.loads(run(packages / "linear_multiclass", "info").stdout)
    assert about["classes"] == ["blue", "green", "red"]
    assert about["task"] == "multiclass"
    assert [column["name"] for column in about["columns"]] == ["age", "income", "city", "plan"]
