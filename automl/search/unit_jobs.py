"""From a unit to its job: rows and rounds of its rung, limits of the plan."""

from __future__ import annotations

from collections.abc import Mapping

from automl.jobs import Job
from automl.params import ParamValue
from automl.plan import Candidate, Plan, Rung
from automl.search.keys import JobKeys
from automl.search.trials import OpenTrial
from automl.search.virtual import Unit
from automl.tasks import rounds_of, with_rounds


def job_of(plan: Plan, keys: JobKeys, trial: OpenTrial, unit: Unit, bounded: bool) -> Job:
    """The job of a unit of a trial. `bounded`: with the plan's limits of time and memory."""
    rung = plan.rungs[unit.rung]
    fit_rows, score_rows = rung.fit_rows(plan.rows, unit.fold), rung.score_rows(plan.rows, unit.fold)
    params = params_at(trial.candidate, trial.params, rung)
    limits, forecast = plan.spec.search.trial, trial.candidate.forecast
    return Job(
        key=keys(trial.candidate.id, params, fit_rows, score_rows),
        candidate=trial.candidate.id,
        params=params,
        fit_rows=fit_rows,
        score_rows=score_rows,
        label=f"trial {unit.trial}, fold {unit.fold}" + (f" at rung {unit.rung}" if len(plan.rungs) > 1 else ""),
        expected_s=forecast.cpu_s * rung.share,
        timeout_s=limits.timeout_s if bounded else None,
        memory_bytes=limits.memory_bytes if bounded else None,
        need_bytes=int(forecast.memory_bytes * rung.share) if bounded else None,
    )


def params_at(candidate: Candidate, params: Mapping[str, ParamValue], rung: Rung) -> Mapping[str, ParamValue]:
    """The parameters of a trial's fits at a rung: boosting rounds may be a share of the trial's."""
    if rung.rounds == 1.0:
        return params
    rounds = rounds_of(candidate.graph, params)
    return params if rounds is None else with_rounds(candidate.graph, params, max(1, round(rounds * rung.rounds)))
