"""What a plan comes to, as values that a table, a page or JSON can show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import Any

from automl.compiler.forecast import floors
from automl.plan import Candidate, Plan


@dataclass(frozen=True)
class Work:
    """How much there is to do. One fit is one candidate on one fold, or on a sample of it; None where only time ends
    the search.

    `trial_fits`: of a trial that goes on to the end, at most. `trial_cpu_s`: what such a trial is predicted to take, in
    CPU seconds, as the mean over the candidates.
    """

    trial_fits: int
    trials: int | None
    fits: int | None
    trial_cpu_s: float
    cpu_s: float | None
    peak_bytes: int

    def as_json(self) -> dict[str, Any]:
        """For `--format json`."""
        return {
            "fits_per_trial": self.trial_fits,
            "trials": self.trials,
            "fits": self.fits,
            "cpu_s_per_trial": round(self.trial_cpu_s, 6),
            "cpu_s": None if self.cpu_s is None else round(self.cpu_s, 6),
            "memory_bytes_per_fit": self.peak_bytes,
        }


def work(plan: Plan) -> Work:
    """The fits of the whole budget, were no trial ended by the race: all rungs of each, and the final ones.

    These are the winner on all rows and, where there is a holdout, winner and baseline on the others.
    """
    trials = plan.spec.search.budget.trials
    trial_fits = max(fits_per_trial(plan, candidate) for candidate in plan.candidates)
    costs = [candidate.forecast.cpu_s for candidate in plan.candidates]
    trial_cpu_s = sum(map(_trial_cpu_s, repeat(plan), plan.candidates)) / len(costs)
    final = 1 if plan.rows.held_out is None else 3
    fits = None if trials is None else trials * trial_fits + final
    cpu_s = None if trials is None else trials * trial_cpu_s + min(final, 2) * max(costs)  # the baseline costs nothing
    return Work(trial_fits, trials, fits, trial_cpu_s, cpu_s, max(c.forecast.memory_bytes for c in plan.candidates))


def fits_per_trial(plan: Plan, candidate: Candidate) -> int:
    """Of a trial that goes on to the end: one per fold, and those of the rungs before."""
    return sum(len(rung.folds) for rung in plan.rungs[candidate.first_rung :])


def _trial_cpu_s(plan: Plan, candidate: Candidate) -> float:
    rungs = plan.rungs[candidate.first_rung :]
    return candidate.forecast.cpu_s * sum(len(rung.folds) * rung.share for rung in rungs)


def steps(candidate: Candidate) -> tuple[str, ...]:
    """The candidate's operators in order, with the number of raw columns that each reads."""
    return tuple(f"{n.op}({len(n.columns)})" if n.columns else n.op for n in candidate.graph.nodes)


def columns_json(plan: Plan) -> list[dict[str, Any]]:
    """The columns: name, kind, role, reason, number of missing and of distinct values."""
    shown = {"name", "kind", "role", "reason", "missing", "distinct"}
    return [column.model_dump(mode="json", include=shown) for column in plan.data_schema.columns]


def candidates_json(plan: Plan) -> list[dict[str, Any]]:
    """The candidates: steps, search space, fits per trial, predicted cost of one fit."""
    return [
        {
            "id": candidate.id,
            "family": candidate.family,
            "steps": list(steps(candidate)),
            "space": {name: param.model_dump(mode="json") for name, param in candidate.space.items()},
            "fits_per_trial": fits_per_trial(plan, candidate),
            "cpu_s_per_fit": candidate.forecast.cpu_s,
            "memory_bytes_per_fit": candidate.forecast.memory_bytes,
        }
        for candidate in plan.candidates
    ]


def plan_json(plan: Plan) -> dict[str, Any]:
    """Everything of a plan that `automl compile` shows."""
    return {
        "name": plan.spec.name,
        "task": plan.task,
        "metric": plan.metric,
        "classes": list(plan.classes),
        "rows": plan.data_schema.rows,
        "data": plan.data_schema.fingerprint,
        "digest": plan.digest(),
        "search_digest": plan.search_digest,
        "columns": columns_json(plan),
        "decisions": [decision.model_dump(mode="json") for decision in plan.decisions],
        "candidates": candidates_json(plan),
        "work": work(plan).as_json(),
        "floor_s": floors(plan.floor_s),
    }
