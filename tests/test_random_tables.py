"""Random tables the whole way: compile, train, emit, predict. The package equals the trainer to the last bit."""

from __future__ import annotations

import csv
import itertools
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from automl.driver.options import TrainOptions
from automl.errors import AutomlError
from automl.plan import TrialScore
from automl.planning import make_plan
from automl.rows import ALL
from automl.runtime.columns import Matrix
from automl.training import train
from tests.e2e.test_package_bits import fitted, same_bits
from tests.support.packages import Imported, imported

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
NUMBERS = itertools.count()
ODD_NAMES = [
    "x",
    "a b",
    "Größe",
    "1st",
    "class",
    "a.b",
    'q"uote',
    "s'q",
    "comma,name",
    "new\nline",
    "{{ x }}",
    "\u202eabc",
]
CELLS: dict[str, st.SearchStrategy[str]] = {
    "number": st.one_of(
        st.floats(-1e6, 1e6, allow_subnormal=False).map(repr), st.sampled_from(["inf", "-0.0", "1e300", "7"])
    ),
    "whole": st.integers(-3, 3).map(str),
    "comma": st.decimals(-99, 99, places=2).map(lambda number: str(number).replace(".", ",")),
    "percent": st.integers(0, 100).map(lambda number: f"{number} %"),
    "category": st.sampled_from(["a", "b", "c d", "ä", "None", "01", "1.50", "<b>", "'"]),
    "boolean": st.sampled_from(["true", "false", "TRUE"]),
    "date": st.dates().map(str),
    "mixed date": st.one_of(st.dates().map(str), st.dates().map(lambda day: day.strftime("%d.%m.") + f"{day.year:04}")),
    "anything": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=5),
}
MISSING = ["", "NA", " ", "nan"]


@dataclass(frozen=True)
class Sample:
    """A table of texts, its target last."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """One mapping per row."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=4))
    names = draw(st.lists(st.sampled_from(ODD_NAMES), min_size=len(kinds), max_size=len(kinds), unique=True))
    rows = draw(st.integers(12, 40))
    target = draw(
        st.sampled_from([["0", "1"], ["no", "yes"], ["a", "b", "c", "d"], ["0.5", "1.5", "2.25", "3.125", "9.5"]])
    )
    columns = [
        draw(st.lists(st.one_of(CELLS[kind], CELLS[kind], st.sampled_from(MISSING)), min_size=rows, max_size=rows))
        for kind in kinds
    ]
    labels = [target[row % len(target)] for row in range(rows)]
    labels[-1] = draw(st.sampled_from([*target, "NA"]))
    return Sample((*names, "the target"), tuple(zip(*columns, labels, strict=True)))


def write(sample: Sample, folder: Path) -> dict[str, Path]:
    """The table as csv, parquet and JSON lines."""
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([sample.names, *sample.rows])
    columns = [list(column) for column in zip(*sample.rows, strict=True)]
    parquet.write_table(arrow.table(columns, names=list(sample.names)), folder / "t.parquet")
    lines = "".join(json.dumps(record) + "\n" for record in sample.records())
    (folder / "t.jsonl").write_text(lines, encoding="utf-8")
    return {suffix: folder / f"t.{suffix}" for suffix in ("csv", "parquet", "jsonl")}


def spec_of(name: str, data: Path, folder: Path) -> Path:
    """A spec of few and small trials."""
    spec = {
        "version": 1,
        "name": name,
        "data": {"path": data.name, "target": "the target", "format": {"delimiter": ","}},
        "validation": {"folds": 2, "holdout": 0},
        "search": {
            "budget": {"trials": 3},
            "families": ["linear", "lightgbm"],
            "space": {"lightgbm": {"num_rounds": 4, "min_data_in_leaf": 2}},
        },
    }
    place = folder / f"{name}.yaml"
    place.write_text(json.dumps(spec), encoding="utf-8")
    return place


def predicted(package: Imported, source: Path, out: Path, width: int) -> Matrix:
    """What the batch command writes: the numbers of the last columns."""
    package.module("batch").predict_file(source, out)
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[float(value) for value in row[-width:]] for row in rows])


def check(sample: Sample, folder: Path) -> None:
    """Train on the csv; then everything says the same: trainer, package, rows alone, and files of every format."""
    files = write(sample, folder)
    name = f"random_{next(NUMBERS)}"
    spec = spec_of(name, files["csv"], folder)
    try:
        planned = make_plan(spec)
    except AutomlError as refused:
        assert all(found.code and found.message for found in refused.diagnostics)
        assume(False)
    plans = [make_plan(spec_of(f"{name}_{suffix}", file, folder)).plan for suffix, file in files.items()]
    assert all(plan.data_schema == planned.plan.data_schema for plan in plans)
    train(TrainOptions(source=spec, out=folder / "run", executor="inline"), lambda _event: None)
    package = imported(folder / "run" / "package", name)
    winner = json.loads((folder / "run" / "package" / "winner.json").read_text())["winner"]["trial"]
    ours = fitted(planned, TrialScore.model_validate(winner), ALL, ALL).prediction
    records = sample.records()
    whole = package.evaluate(records)
    assert same_bits(whole[planned.dataset.file_rows], ours)
    alone = np.concatenate([package.evaluate([record]) for record in records])
    assert same_bits(alone, whole)
    for file in files.values():
        assert same_bits(predicted(package, file, folder / "out.csv", whole.shape[1]), whole), file.name


def run(sample: Sample) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(sample, Path(folder))


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@settings(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)
@given(samples())
def test_a_few_random_tables(sample: Sample) -> None:
    run(sample)


@pytest.mark.slow
@settings(max_examples=80 if THOROUGH else 24, deadline=None, suppress_health_check=QUIET)
@given(samples())
def test_many_random_tables(sample: Sample) -> None:
    run(sample)
