"""What racing over rungs gains: the best validated score against the time of the search, three ways to spend it.

    python benchmarks/fidelity.py [--tasks NAME ...] [--arms none folds rungs] [--seconds 45] [--seed 0] [--out FILE]

`none`: every trial fits all its folds. `folds`: one fold, then the others of the trials that go on. `rungs`: as the
compiler lays it out, for long fits a sample of one fold's rows first. The training half of each task, `local` with two
workers; the arms of a task run one after the other, each task in another order. A score is the mean over all folds of
the best trial so far, so that all arms are scored alike; 0 is the baseline, 1 the best that any arm came to.

A table on stderr; one JSON line per task and arm is appended to --out. Ten tasks of 45 s take 25 minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from real_tasks import spec_of
from record import append, circumstances
from tasks import HIGHER_IS_BETTER, BenchTask, load_tasks, split

from automl.compiler.lay_out_rungs import fold_order, race_of_folds
from automl.executors import open_executor
from automl.executors.settings import ExecutorSettings
from automl.fit import FitContext, run
from automl.plan import BASELINE, Plan, Rung
from automl.planning import Planned, make_plan
from automl.search.budget import Deadline, SearchSettings
from automl.search.events import BestChanged, Event
from automl.search.ledger import Ledger
from automl.search.loop import run_search

OUT = Path(__file__).resolve().parent / "results" / "fidelity.jsonl"
TASKS = (
    "freMTPL2freq", "hflights_delay15", "diamonds", "clothing_reviews", "adult",
    "bike_sharing", "letter", "california_housing", "bank_marketing", "churn",
)  # fmt: skip
ARMS = ("none", "folds", "rungs")
MARKS = (1 / 9, 2 / 9, 4 / 9, 6 / 9, 1.0)  # where on the way scores are told, as shares of the time
WORKERS = 2

Steps = list[tuple[float, float]]  # (seconds of the search, score of the best trial from then on)


@dataclass(frozen=True)
class Told:
    """What one search came to."""

    baseline: float | None
    steps: Steps
    outcomes: Mapping[str, int]
    units: int

    def at(self, moment: float) -> float | None:
        """The best score by then."""
        known = [score for when, score in self.steps if when <= moment]
        return known[-1] if known else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, append, and tell."""
    asked = _parser().parse_args(arguments)
    marks = [share * asked.seconds for share in MARKS]
    found: dict[str, dict[str, Told]] = {}
    tasks = load_tasks()
    for place, name in enumerate(asked.tasks):
        with tempfile.TemporaryDirectory(prefix="automl-bench-") as folder:
            planned = plan_of(tasks[name], asked.seed, Path(folder))
            turn = place % len(asked.arms)
            for arm in (*asked.arms[turn:], *asked.arms[:turn]):
                told = found.setdefault(name, {})[arm] = search(planned, arm, asked.seconds, Path(folder) / arm)
                line = {
                    "measure": "score against time", "task": name, "arm": arm, "metric": planned.plan.metric,
                    "seconds": asked.seconds, "seed": asked.seed, "workers": WORKERS, "baseline": told.baseline,
                    "steps": told.steps, "trials": dict(told.outcomes), "units": told.units,
                    "rungs": [rung.model_dump(mode="json") for rung in with_arm(planned.plan, arm).rungs],
                    **circumstances(),
                }  # fmt: skip
                append(asked.out, line)
        _tell_task(tasks[name], found[name], marks)
    _tell_all(tasks, found, marks, asked.arms)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), metavar="NAME")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--seconds", type=float, default=45.0, help="of the search, for each task and arm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    return parser


def plan_of(task: BenchTask, seed: int, folder: Path) -> Planned:
    """The compiled plan of the task's training half."""
    spec = folder / "spec.yaml"
    spec.write_text(yaml.safe_dump(spec_of(task, split(task, folder), seed), sort_keys=False), encoding="utf-8")
    return make_plan(spec)


def with_arm(plan: Plan, arm: str) -> Plan:
    """The same plan with another race."""
    if arm == "rungs":
        return plan
    order = fold_order(plan.rows)
    rungs = (Rung(folds=order),) if arm == "none" else race_of_folds(order)
    candidates = tuple(candidate.model_copy(update={"first_rung": 0}) for candidate in plan.candidates)
    return plan.model_copy(update={"rungs": rungs, "candidates": candidates})


def search(planned: Planned, arm: str, seconds: float, folder: Path) -> Told:
    """One search from nothing, the start of its workers included."""
    plan = with_arm(planned.plan, arm)
    steps: Steps = []
    began = time.monotonic()

    def watch(event: Event) -> None:
        if isinstance(event, BestChanged):
            elapsed = min(time.monotonic() - began, seconds)  # at the end trials whose fits have ended are taken along
            steps.append((round(elapsed, 3), event.trial.score))

    context = FitContext(plan, planned.dataset, planned.modules)
    executor = open_executor("local", run, context, ExecutorSettings(WORKERS))
    folder.mkdir()
    ledger = Ledger.create(folder / "ledger.jsonl", {"search": plan.search_digest})
    try:
        settings = SearchSettings(deadline=Deadline(time.monotonic, began + seconds))
        result = run_search(plan, executor, ledger, settings, watch)
    finally:
        ledger.close()
        executor.close()
    baseline = next((trial.score for trial in result.leaders if trial.number == BASELINE), None)
    return Told(baseline, steps, result.outcomes, result.settled_units)


def normalised(task: BenchTask, arms: Mapping[str, Told], moment: float) -> dict[str, float]:
    """Each arm's score by then: 0 is the baseline, 1 the best that any arm came to in the end."""
    sign = 1.0 if task.metric in HIGHER_IS_BETTER else -1.0
    baseline = next((sign * told.baseline for told in arms.values() if told.baseline is not None), 0.0)
    best = max((sign * score for told in arms.values() for _, score in told.steps), default=baseline)
    scale = best - baseline or 1.0
    reached = {arm: told.at(moment) for arm, told in arms.items()}
    return {arm: 0.0 if score is None else (sign * score - baseline) / scale for arm, score in reached.items()}


def ranks(scores: Mapping[str, float]) -> dict[str, float]:
    """1 for the best; equal ones share their places."""
    return {
        arm: 1 + sum(other > score for other in scores.values()) + (list(scores.values()).count(score) - 1) / 2
        for arm, score in scores.items()
    }


def _tell_task(task: BenchTask, arms: Mapping[str, Told], marks: Sequence[float]) -> None:
    for arm, told in arms.items():
        at = "".join(f"{normalised(task, arms, mark)[arm]:>9.4f}" for mark in marks)
        trials = ", ".join(f"{count} {outcome}" for outcome, count in told.outcomes.items() if count)
        last = f"{told.steps[-1][1]:.5f}" if told.steps else "-"
        print(f"{task.name:<20}{arm:<7}{at}   {task.metric} {last}; {told.units} fits, {trials}", file=sys.stderr)


def _tell_all(
    tasks: Mapping[str, BenchTask], found: Mapping[str, Mapping[str, Told]], marks: Sequence[float], arms: Sequence[str]
) -> None:
    heads = "".join(f"{f'{mark:.3g} s':>9}" for mark in marks)
    print(f"\n{'mean over tasks':<27}{heads}", file=sys.stderr)
    for what in ("score", "rank"):
        shown: dict[str, Any] = {arm: [] for arm in arms}
        for mark in marks:
            scored = [normalised(tasks[name], told, mark) for name, told in found.items()]
            each = scored if what == "score" else [ranks(scores) for scores in scored]
            for arm in arms:
                shown[arm].append(sum(one[arm] for one in each) / len(each))
        for arm in arms:
            print(f"{what:<20}{arm:<7}" + "".join(f"{value:>9.4f}" for value in shown[arm]), file=sys.stderr)


if __name__ == "__main__":
    main()
