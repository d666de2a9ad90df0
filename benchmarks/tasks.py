"""The real tasks that systems are measured on, and the split that every comparison uses.

The tables are not part of this repository: they lie in $AUTOML_DATA, or in ../shared/data beside it, with a
`manifest.json` of one entry per file.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.model_selection import train_test_split

FOLDER = Path(os.environ.get("AUTOML_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
METRICS = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
HIGHER_IS_BETTER = frozenset({"roc_auc"})


@dataclass(frozen=True)
class BenchTask:
    """One task: where its table is, what is predicted, and the scores to compare with, in the metric's own unit."""

    name: str
    file: Path
    kind: str
    target: str
    positive: str | None
    drop: tuple[str, ...]
    time: str | None
    group: str | None
    rows: int
    baseline: float
    baseline_with_dates_and_text: float | None

    @property
    def metric(self) -> str:
        """roc_auc, log_loss or rmse."""
        return METRICS[self.kind]

    def beats(self, score: float) -> bool:
        """Whether the score is better than the baseline's."""
        return score > self.baseline if self.metric in HIGHER_IS_BETTER else score < self.baseline


@dataclass(frozen=True)
class Halves:
    """The training file, the test file without the target, and the test rows' targets as texts."""

    train: Path
    test: Path
    truth: tuple[str, ...]


def load_tasks(folder: Path = FOLDER) -> dict[str, BenchTask]:
    """Every task of the manifest, in its order. Raises FileNotFoundError where there is none."""
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {entry["name"]: _task(entry, folder) for entry in entries}


def _task(entry: Mapping[str, Any], folder: Path) -> BenchTask:
    sign = -1.0 if str(entry["baseline_metric"]).startswith("neg_") else 1.0
    expanded = entry.get("baseline_with_dates_and_text")
    positive = entry.get("positive_class")
    return BenchTask(
        name=entry["name"],
        file=folder / entry["file"],
        kind=entry["task"],
        target=entry["target"],
        positive=None if positive is None else str(positive),
        drop=tuple(entry.get("drop") or ()),
        time=entry.get("time_column"),
        group=entry.get("group_column"),
        rows=int(entry["rows"]),
        baseline=sign * float(entry["baseline_score"]),
        baseline_with_dates_and_text=None if expanded is None else sign * float(expanded["score"]),
    )


def split(task: BenchTask, folder: Path) -> Halves:
    """Write the two halves of the task's table into `folder`, rows and cells as they stand in the file.

    25 % are test rows: scikit-learn's `train_test_split` over the row numbers, random_state 0, stratified for classes.
    """
    return _split_parquet(task, folder) if task.file.suffix == ".parquet" else _split_csv(task, folder)


def _numbers(task: BenchTask, truth: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    if len(truth) != task.rows or "" in truth:
        raise ValueError(f"{task.file.name}: {len(truth)} rows with a target, the manifest says {task.rows}")
    strata = None if task.kind == "regression" else np.array(truth)
    train, test = train_test_split(np.arange(len(truth)), test_size=0.25, random_state=0, stratify=strata)
    return train, test


def _split_csv(task: BenchTask, folder: Path) -> Halves:
    opener = gzip.open if task.file.suffix == ".gz" else open
    with opener(task.file, "rt", encoding="utf-8", newline="") as stream:
        header, *rows = [row for row in csv.reader(stream) if row]
    place = header.index(task.target)
    truth = [row[place] for row in rows]
    train, test = _numbers(task, truth)
    halves = Halves(folder / "train.csv", folder / "test.csv", tuple(truth[i] for i in test))
    _write_csv(halves.train, [header, *(rows[i] for i in train)])
    _write_csv(halves.test, [row[:place] + row[place + 1 :] for row in (header, *(rows[i] for i in test))])
    return halves


def _write_csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def _split_parquet(task: BenchTask, folder: Path) -> Halves:
    table: pa.Table = pq.read_table(task.file)
    truth = ["" if value is None else str(value) for value in table[task.target].to_pylist()]
    train, test = _numbers(task, truth)
    halves = Halves(folder / "train.parquet", folder / "test.parquet", tuple(truth[i] for i in test))
    pq.write_table(table.take(train), halves.train)
    pq.write_table(table.drop_columns([task.target]).take(test), halves.test)
    return halves
