"""From the best trial to what is emitted: the final fits, the honest estimate, the request for a package."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from automl.emit.request import EmitRequest
from automl.errors import AutomlError, Diagnostic
from automl.fit import THRESHOLD, FitContext, Fitted, recipe_of, scorer_in
from automl.jobs import Done, Executor, Job, Outcome
from automl.measure import measure
from automl.params import ParamValue
from automl.plan import BASELINE, Lock, Plan, TrialScore, Winner
from automl.rows import Rows, RowSet
from automl.runtime.columns import Floats, Ints, Matrix
from automl.select.interval import interval
from automl.tasks import lower, with_rounds
from automl.value import derive_seed, digest_json

TRIED = 3  # how many of the best trials are fitted on all rows, one after the other, until one can be


@dataclass(frozen=True)
class Final:
    """The winner fitted on all rows, and what it was estimated from: winner and baseline on the holdout."""

    trial: TrialScore
    whole: Fitted
    estimate: Fitted | None
    baseline: Fitted | None
    skipped: tuple[str, ...] = ()  # better trials that could not be fitted on all rows, and why
    unscored: str | None = None  # why there is no estimate although there is a holdout
    late: tuple[TrialScore, ...] = ()  # better trials that could not be fitted on all rows in time

    @property
    def scores(self) -> dict[str, float | None]:
        """By their names in result.json: the winner's over its folds and on the holdout, and the baseline's there."""
        return {
            "validation_score": self.trial.score,
            "holdout_score": None if self.estimate is None else self.estimate.score,
            "baseline_score": None if self.baseline is None else self.baseline.score,
        }


Interval = tuple[float, float] | None  # ascending
Limit = Callable[[TrialScore], float]  # in how many seconds its final fits have to end; 0: they would take longer


def final_params(trial: TrialScore, plan: Plan) -> dict[str, ParamValue]:
    """The parameters of a final fit: the trial's own, with the rounds and the threshold that the folds chose."""
    params = dict(trial.params)
    if trial.rounds is not None:
        params = with_rounds(plan.candidate(trial.candidate).graph, params, trial.rounds)
    return params if trial.threshold is None else {**params, THRESHOLD: trial.threshold}


def fit_final(
    plan: Plan, executor: Executor, trials: Sequence[TrialScore], limit: Limit | None = None, predict: bool = False
) -> Final:
    """Fit the best of `trials` (sorted, best first) that can be fitted on all rows, at worst the baseline; estimate it.

    `limit`: trials that take longer are passed over; the baseline never is, nor the best where there is no baseline.
    `predict`: let the fit on all rows predict them, too. Where none can be scored on the holdout, it is the first one
    that can be fitted, without an estimate. Raises AutomlError (RUN004) where none can be fitted.
    """
    skipped: list[str] = []
    late: list[TrialScore] = []
    unscored: Final | None = None
    baseline = next((trial for trial in trials if trial.number == BASELINE), None)
    for trial in trials:
        if len(skipped) >= TRIED and trial is not baseline:
            continue
        left = None if limit is None or trial is baseline else limit(trial)
        done = None if left == 0.0 else _run(executor, _jobs(plan, trial, baseline, predict), left)
        if done is None:
            late.append(trial)
            continue
        broken = next((d for d in done.values() if d.outcome is not Outcome.OK), None)
        if broken is None:
            fitted = {name: d.value for name, d in done.items() if isinstance(d.value, Fitted)}
            estimates = fitted.get("estimate"), fitted.get("baseline")
            return Final(trial, fitted["whole"], *estimates, tuple(skipped), late=tuple(late))
        why = f"trial {trial.number} ({trial.candidate}): {broken.outcome.value} {broken.error or ''}".rstrip()
        whole = done["whole"].value
        if unscored is None and isinstance(whole, Fitted):
            unscored = Final(trial, whole, None, None, tuple(skipped), why, tuple(late))
        skipped.append(why)
    if unscored is not None:
        return unscored
    if late and baseline is None:
        return fit_final(plan, executor, late[:1])
    hint = "all rows take more time and memory than a fold: raise search.trial, or take out the family"
    raise AutomlError(
        [Diagnostic("error", "RUN004", f"no trial could be fitted on all rows: {why}", hint=hint) for why in skipped]
    )


def _jobs(plan: Plan, trial: TrialScore, baseline: TrialScore | None, predict: bool) -> dict[str, Job]:
    """The fit on all rows but those of a test file, and where there is a holdout the two fits that are scored on it."""
    params = final_params(trial, plan)
    jobs = {"whole": _job(trial.candidate, params, plan.rows.whole, plan.rows.whole if predict else None)}
    if plan.rows.held_out is not None:
        first = plan.candidates[0]
        plain = first.defaults if baseline is None else final_params(baseline, plan)
        jobs["estimate"] = _job(trial.candidate, params, plan.rows.dev, plan.rows.held_out)
        jobs["baseline"] = _job(first.id, plain, plan.rows.dev, plan.rows.held_out)
    return jobs


def _job(candidate: str, params: Mapping[str, ParamValue], fit_rows: RowSet, score_rows: RowSet | None) -> Job:
    rows = [fit_rows.digest(), None if score_rows is None else score_rows.digest()]
    key = digest_json(["final", candidate, dict(params), *rows])
    return Job(key, candidate, params, fit_rows, score_rows, keep=True, label="final fit")


def _run(executor: Executor, jobs: Mapping[str, Job], limit_s: float | None) -> dict[str, Done] | None:
    """How they ended; None: not all of them had when `limit_s` had passed, whatever it was that took so long.

    One moment for all: a limit of each fit's own would begin with that fit, when its worker is there and free.
    """
    end = None if limit_s is None else time.monotonic() + limit_s
    single = {job.key: job for job in jobs.values()}
    for job in single.values():
        executor.submit(job)
    found: dict[str, Done] = {}
    while len(found) < len(single):
        left = None if end is None else end - time.monotonic()
        done = executor.wait(left) if left is None or left > 0.0 else None
        if done is not None:
            found[done.key] = done
            continue
        assert left is not None, "the executor has lost a final fit"
        if left <= 0.0:
            executor.drop()
            return None
    return {name: found[job.key] for name, job in jobs.items()}


@dataclass(frozen=True)
class Examiner:
    """Scores predictions of the holdout; labels of two classes are those of a threshold.

    Which rows are held out is found once for all of its scores: it takes longer than most metrics.
    """

    context: FitContext

    @property
    def rows(self) -> int:
        """How many rows the holdout has."""
        return len(self._held_out[0])

    def score(self, metrics: set[str], prediction: Matrix, threshold: float | None) -> dict[str, float]:
        """The scores by metric name."""
        target, weights = self._held_out
        classes = len(self.context.plan.classes)
        found = ((name, scorer_in(self.context, name)) for name in sorted(metrics))
        return {name: measure(metric, prediction, target, classes, weights, threshold) for name, metric in found}

    def spread(self, prediction: Matrix, threshold: float | None, limit_s: float) -> Interval:
        """The 95 % interval of the score. Raises TimeoutError once `limit_s` have passed."""
        plan, end = self.context.plan, time.monotonic() + limit_s
        seed = derive_seed(plan.spec.search.seed, "interval", plan.metric)
        score = self.resampled(prediction, threshold)

        def in_time(at: Ints) -> float:
            if time.monotonic() > end:
                raise TimeoutError
            return score(at)

        return interval(in_time, self.rows, seed)

    def resampled(self, prediction: Matrix, threshold: float | None) -> Callable[[Ints], float]:
        """The score of some of the rows, by number and with repeats: what the interval asks for many times."""
        plan = self.context.plan
        target, weights = self._held_out
        metric, classes = scorer_in(self.context, plan.metric), len(plan.classes)

        def score(at: Ints) -> float:
            drawn = None if weights is None else weights[at]
            return measure(metric, prediction[at], target[at], classes, drawn, threshold)

        return score

    @cached_property
    def _held_out(self) -> tuple[Any, Floats | None]:
        """Target and weights."""
        held_out, dataset = self.context.plan.rows.held_out, self.context.dataset
        assert held_out is not None
        at = Rows(dataset.context).resolve(held_out)
        return dataset.target[at], None if dataset.weights is None else dataset.weights[at]


@dataclass(frozen=True)
class Story:
    """How a winner came to be: the lock, the baseline's trial, and every choice that looked at a clock."""

    lock: Lock
    baseline: TrialScore | None
    decisions: tuple[Mapping[str, Any], ...]


def interval_of(context: FitContext, final: Final, limit_s: float = math.inf) -> Interval:
    """That of the winner's score on the holdout; None without one. Raises TimeoutError once `limit_s` have passed."""
    if final.estimate is None:
        return None
    return Examiner(context).spread(final.estimate.prediction, final.trial.threshold, limit_s)


def request_of(context: FitContext, final: Final, story: Story, spread: Interval) -> EmitRequest:
    """What emission needs: the same for `train` and for `verify`. `spread`: `interval_of`, where there was time."""
    plan = context.plan
    candidate = plan.candidate(final.trial.candidate)
    tasks = lower(recipe_of(plan, candidate, final_params(final.trial, plan)), plan.rows.whole, None).tasks
    estimate = final.estimate
    return EmitRequest(
        plan=plan,
        lock=story.lock,
        winner=Winner(trial=final.trial, holdout_score=None if estimate is None else estimate.score),
        graph=candidate.graph,
        tasks=tasks,
        states=final.whole.states,
        decisions=story.decisions,
        baseline=story.baseline,
        holdout_interval=spread,
    )
