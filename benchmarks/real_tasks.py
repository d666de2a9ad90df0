"""`automl train` on real tasks with one time budget each, scored on test rows that it never sees.

    python benchmarks/real_tasks.py [--tasks NAME ...] [--time 60s] [--executor ray] [--seed 0] [--out FILE]

Per task, in a fresh folder: the training half and a generated spec are written, `automl train` and `automl predict` run
as users run them, and one JSON line is appended to --out. What is finished there with the same budget, executor and
seed is skipped; a failure is one line with its error, and is tried again by the next call.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from record import append, circumstances
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from tasks import BenchTask, Halves, load_tasks, split

from automl.cli.parser import seconds

OUT = Path(__file__).resolve().parent / "results" / "real_tasks.jsonl"
SAME = ("task", "budget_s", "executor", "seed")  # lines that agree in these are of one measurement
SLACK = 4  # a run that takes so many times its budget, and five minutes, is ended


@dataclass(frozen=True)
class Settings:
    """What holds for all tasks of one call."""

    time: str
    executor: str
    seed: int

    @property
    def budget_s(self) -> float:
        """The time budget in seconds."""
        return seconds(self.time)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is not measured yet."""
    tasks = load_tasks()
    asked = _parser(list(tasks)).parse_args(arguments)
    settings = Settings(asked.time, asked.executor, asked.seed)
    done = finished(asked.out)
    for name in asked.tasks or tasks:
        key = (name, settings.budget_s, settings.executor, settings.seed)
        if key in done:
            print(f"{name:<20} is there already", file=sys.stderr)
            continue
        line = one_line(tasks[name], settings)
        append(asked.out, line)
        print(_told(line), file=sys.stderr)


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tasks", nargs="+", choices=names, metavar="NAME", help="default: all of the manifest")
    parser.add_argument("--time", default="60s", help="time budget of each task")
    parser.add_argument("--executor", default="ray", choices=("ray", "local", "inline"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser


def finished(out: Path) -> set[tuple[Any, ...]]:
    """What has a score in the file already."""
    if not out.is_file():
        return set()
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return {tuple(line[key] for key in SAME) for line in lines if "error" not in line}


def one_line(task: BenchTask, settings: Settings) -> dict[str, Any]:
    """The measurement of one task: its scores, or its error."""
    line: dict[str, Any] = {
        "measure": "real task",
        "task": task.name,
        "kind": task.kind,
        "metric": task.metric,
        "baseline_score": task.baseline,
        "baseline_with_dates_and_text": task.baseline_with_dates_and_text,
        "budget_s": settings.budget_s,
        "executor": settings.executor,
        "seed": settings.seed,
        **circumstances(),
    }
    with tempfile.TemporaryDirectory(prefix="automl-bench-") as folder:
        try:
            line |= measure_task(task, settings, Path(folder))
        except Exception as problem:  # one task never stops the others
            line["error"] = " ".join(f"{type(problem).__name__}: {problem}".split())[:1000]
    return line


def measure_task(task: BenchTask, settings: Settings, folder: Path) -> dict[str, Any]:
    """Train, predict, score. `wall_s` is that of the whole `automl train` process."""
    halves = split(task, folder)
    spec = folder / "spec.yaml"
    spec.write_text(yaml.safe_dump(spec_of(task, halves, settings.seed), sort_keys=False), encoding="utf-8")
    began = time.monotonic()
    told = ["-o", str(folder / "run"), "--time", settings.time, "--executor", settings.executor]
    result = _automl(["train", str(spec), *told], SLACK * settings.budget_s + 300)
    wall = time.monotonic() - began
    began = time.monotonic()
    _automl(["predict", result["package"], str(halves.test), "-o", str(folder / "predictions.csv")], 600)
    predict_s = time.monotonic() - began
    score = score_of(task, folder / "predictions.csv", halves.truth)
    return {
        "score": score,
        "beats": task.beats(score),
        "wall_s": round(wall, 2),
        "predict_s": round(predict_s, 2),
        "validation_score": result["validation_score"],
        "holdout_score": result["holdout_score"],
        "winner": [member["candidate"] for member in result["winner"]["members"]],
        "trials": result["trials"],
        "warnings": [warning["code"] for warning in result["warnings"]],
    }


def spec_of(task: BenchTask, halves: Halves, seed: int) -> dict[str, Any]:
    """The spec of a task: what the manifest says of the columns, and nothing that was tuned to the task."""
    data: dict[str, Any] = {"path": halves.train.name, "target": task.target}
    if task.kind == "binary" and task.positive is not None:
        data["positive"] = task.positive
    if task.drop:
        data["ignore"] = list(task.drop)
    spec: dict[str, Any] = {"version": 1, "name": f"bench-{task.name}", "task": task.kind, "data": data}
    for role, column in (("time", task.time), ("group", task.group)):
        if column is not None and column not in task.drop:
            data[role] = column
            spec["validation"] = {"kind": role}
    return {**spec, "metric": task.metric, "search": {"seed": seed}}


def score_of(task: BenchTask, predictions: Path, truth: Sequence[str]) -> float:
    """The task's metric over the test rows, from the file that `automl predict` wrote."""
    with predictions.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    if len(rows) != len(truth):
        raise ValueError(f"{len(rows)} predictions for {len(truth)} rows")
    if task.kind == "regression":
        values = [float(row[header.index("prediction")]) for row in rows]
        return float(root_mean_squared_error([float(text) for text in truth], values))
    classes = sorted(set(truth))
    columns = [header.index(f"probability_{label}") for label in classes]
    table = np.array([[float(row[column]) for column in columns] for row in rows])
    if task.kind == "binary":
        positive = str(task.positive)
        return float(roc_auc_score([text == positive for text in truth], table[:, classes.index(positive)]))
    table = np.clip(table, 1e-15, 1.0)  # as benchmarks of the peers do
    return float(log_loss(list(truth), table / table.sum(axis=1, keepdims=True), labels=classes))


def _automl(arguments: list[str], limit_s: float) -> dict[str, Any]:
    """One command of the command line; its JSON answer. Raises RuntimeError with its diagnostics."""
    command = [sys.executable, "-m", "automl", *arguments, "--format", "json", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"automl {arguments[0]} ended with {done.returncode}: {done.stderr[-500:]}") from None
    if done.returncode != 0:
        found = "; ".join(f"{each['code']} {each['message']}" for each in told.get("diagnostics", ()))
        raise RuntimeError(f"automl {arguments[0]} ended with {done.returncode}: {found}")
    return told


def _told(line: dict[str, Any]) -> str:
    if "error" in line:
        return f"{line['task']:<20} {line['error'][:200]}"
    verdict = "better" if line["beats"] else "worse"
    shown = f"{line['metric']} {line['score']:.5f}, {verdict} than {line['baseline_score']:.5f}"
    return (
        f"{line['task']:<20} {shown}; {line['wall_s']:.0f} s, {sum(line['trials'].values())} trials, {line['winner']}"
    )


if __name__ == "__main__":
    main()
