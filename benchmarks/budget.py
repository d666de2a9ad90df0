"""Whether `automl train --time T` ends in time, with a winner, and how much of the time it uses.

    python benchmarks/budget.py [--tasks NAME ...] [--times 20 60 300] [--executors local ray] [--jobs N] [--seed 0]

For each task, time and executor the whole command is measured as a process, from its start to its end. Allowed are
T plus 5 %, 2 s at least. One JSON line per run is appended to --out; what is there already, with the same number of
runs at once (--jobs), is skipped. `--jobs 2` or more is a test under load: the runs compete for the same CPUs.

Full size: 10 tasks x (20 + 60 + 300) s x 2 executors, about 2 h 10 min with --jobs 1, whatever the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from real_tasks import score_of, spec_of
from record import append, circumstances
from tasks import BenchTask, Halves, load_tasks, split

OUT = Path(__file__).resolve().parent / "results" / "budget.jsonl"
TASKS = (
    "freMTPL2freq", "hflights_delay15", "clothing_reviews", "letter", "diamonds", "adult", "california_housing",
    "churn", "bike_sharing", "car_evaluation",
)  # fmt: skip
TIMES = (20, 60, 300)
EXECUTORS = ("local", "ray")
SHARE, LEAST_S = 0.05, 2.0  # the overrun that is allowed
GIVEN_UP = 5  # a run that takes so many times its budget, and two minutes, is ended
SAME = ("task", "budget_s", "executor", "seed", "jobs")  # lines that agree in these are of one measurement


@dataclass(frozen=True)
class Case:
    """One run."""

    task: BenchTask
    budget_s: int
    executor: str
    seed: int
    jobs: int

    @property
    def key(self) -> tuple[object, ...]:
        """What a line of --out says of it."""
        return self.task.name, self.budget_s, self.executor, self.seed, self.jobs

    @property
    def allowed_s(self) -> float:
        """The latest end."""
        return self.budget_s + max(LEAST_S, SHARE * self.budget_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is not measured yet, then show all that is there."""
    tasks = load_tasks()
    asked = _parser(list(tasks)).parse_args(arguments)
    every = product(asked.times, asked.tasks, asked.executors)
    cases = [Case(tasks[name], seconds, where, asked.seed, asked.jobs) for seconds, name, where in every]
    done = {tuple(line[key] for key in SAME) for line in _lines(asked.out) if "error" not in line}
    lock = threading.Lock()

    def measure(case: Case) -> None:
        line = one_line(case)
        with lock:
            append(asked.out, line)
            print(_told(line), file=sys.stderr, flush=True)

    with ThreadPoolExecutor(asked.jobs) as pool:
        list(pool.map(measure, [case for case in cases if case.key not in done]))
    wanted = {case.key for case in cases}
    latest = {tuple(line[key] for key in SAME): line for line in _lines(asked.out)}
    print(table([line for key, line in latest.items() if key in wanted]), file=sys.stderr)


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tasks", nargs="+", choices=names, default=TASKS, metavar="NAME", help="default: ten of them")
    parser.add_argument("--times", nargs="+", type=int, default=TIMES, metavar="T", help="time budgets in seconds")
    parser.add_argument("--executors", nargs="+", choices=("local", "ray", "inline"), default=EXECUTORS)
    parser.add_argument("--jobs", type=int, default=1, help="runs at once")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser


def _lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.is_file() else []


def one_line(case: Case) -> dict[str, Any]:
    """The measurement of one run, or its error."""
    line: dict[str, Any] = {
        "measure": "time budget",
        **dict(zip(SAME, case.key, strict=True)),
        "allowed_s": case.allowed_s,
        "load_before": round(os.getloadavg()[0], 2),
        **circumstances(),
    }
    with tempfile.TemporaryDirectory(prefix="automl-bench-", ignore_cleanup_errors=True) as folder:
        try:
            line |= measure_run(case, Path(folder))
        except Exception as problem:  # one run never stops the others
            line["error"] = " ".join(f"{type(problem).__name__}: {problem}".split())[:1000]
    return line


def measure_run(case: Case, folder: Path) -> dict[str, Any]:
    """Train in a process of its own, then predict and score the test rows, which are not part of the time."""
    halves, spec, run = split(case.task, folder), folder / "spec.yaml", folder / "run"
    spec.write_text(yaml.safe_dump(spec_of(case.task, halves, case.seed), sort_keys=False), encoding="utf-8")
    limit = GIVEN_UP * case.budget_s + 120
    told = ["-o", str(run), "--time", f"{case.budget_s}s", "--executor", case.executor]
    began = time.monotonic()
    result = _automl(["train", str(spec), *told], limit)
    wall = time.monotonic() - began
    searched = _searched(run)
    return {
        "wall_s": round(wall, 2),
        "overrun_s": round(wall - case.budget_s, 2),
        "in_time": wall <= case.allowed_s,
        "searched_s": searched,
        "share_searched": None if searched is None else round(searched / case.budget_s, 3),
        "utilisation": result["utilisation"],
        "winner": result["winner"]["members"][0]["candidate"],
        "score": _test_score(case, halves, folder, result),
        "validation_score": result["validation_score"],
        "baseline_score": result["baseline_score"],
        "trials": result["trials"],
        "clock_events": result["clock_events"],
        "decisions": json.loads((run / "decisions.json").read_text(encoding="utf-8")),
        "warnings": [warning["code"] for warning in result["warnings"]],
    }


def _searched(run: Path) -> float | None:
    """Seconds of the search, as the run itself says."""
    found = json.loads((run / "result.json").read_text(encoding="utf-8")).get("searched_s")
    return None if found is None else float(found)


def _test_score(case: Case, halves: Halves, folder: Path, result: dict[str, Any]) -> float:
    predictions = folder / "predictions.csv"
    _automl(["predict", result["package"], str(halves.test), "-o", str(predictions)], 600)
    return score_of(case.task, predictions, halves.truth)


def _automl(arguments: list[str], limit_s: float) -> dict[str, Any]:
    """One command line; its JSON answer. Raises RuntimeError with its diagnostics."""
    command = [sys.executable, "-m", "automl", *arguments, "--format", "json", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"automl {arguments[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _told(line: dict[str, Any]) -> str:
    head = f"{line['task']:<20}{line['executor']:<7}{line['budget_s']:>4} s"
    if "error" in line:
        return f"{head}  {line['error'][:160]}"
    late = "" if line["in_time"] else "  LATE"
    trials = sum(line["trials"].values())
    return f"{head}{line['wall_s']:>9.2f} s {trials:>5} trials  {line['winner']:<24}{line['score']:.5f}{late}"


def table(lines: list[dict[str, Any]]) -> str:
    """By executor and time: the worst overrun, how many were late, how much of the time was used and searched."""
    head = ("executor", "T", "runs", "errors", "late", "baseline wins", "worst overrun", "least used", "mean searched")
    shown = ["  ".join(f"{cell:>13}" for cell in head)]
    for where, seconds in sorted({(line["executor"], line["budget_s"]) for line in lines}):
        group = [line for line in lines if (line["executor"], line["budget_s"]) == (where, seconds)]
        good = [line for line in group if "error" not in line]
        cells = [where, f"{seconds} s", str(len(group)), str(len(group) - len(good))]
        if good:
            shares = [line["share_searched"] for line in good if line["share_searched"] is not None]
            cells += [
                str(sum(not line["in_time"] for line in good)),
                str(sum(line["winner"] == "constant" for line in good)),
                f"{max(line['overrun_s'] for line in good):+.2f} s",
                f"{min(line['wall_s'] for line in good) / seconds:.0%}",
                f"{sum(shares) / len(shares):.0%}" if shares else "",
            ]
        shown.append("  ".join(f"{cell:>13}" for cell in cells))
    return "\n".join(shown)


if __name__ == "__main__":
    main()
