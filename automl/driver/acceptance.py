"""Whether a winner meets the criteria of the spec, before anything of it is emitted."""

from __future__ import annotations

from automl.driver.finish import Examiner, Final
from automl.emit.assemble import package_files
from automl.emit.checks import check_plan
from automl.emit.request import EmitRequest
from automl.errors import Diagnostic, NotAccepted, error
from automl.fit import FitContext
from automl.select.accept import Measured, Verdict, judge


def check_accepted(context: FitContext, request: EmitRequest, final: Final) -> None:
    """Raise NotAccepted with every criterion that was missed.

    Raises AutomlError: ACC002, ACC003 where criteria cannot be measured.
    """
    plan = context.plan
    criteria = plan.spec.accept
    if not criteria:
        return
    size = 0
    if any(criterion.package_size is not None for criterion in criteria):
        check_plan(request.plan)
        size = sum(len(content) for content in package_files(request)[0].values())
    missed = [
        verdict for verdict in judge(criteria, plan.scorer, _measured(context, request, final, size)) if not verdict.met
    ]
    if missed:
        raise NotAccepted([_missed(verdict) for verdict in missed])


def _measured(context: FitContext, request: EmitRequest, final: Final, size: int) -> Measured:
    """On the holdout; where there is none, the scores of the folds, which know the optimised metric only."""
    plan, first = context.plan, request.baseline
    metrics = {criterion.metric or plan.metric for criterion in plan.spec.accept}
    if final.estimate is not None and final.baseline is not None:
        examiner = Examiner(context)
        winner = examiner.score(metrics, final.estimate.prediction, final.trial.threshold)
        baseline_threshold = None if first is None else first.threshold
        return Measured(winner, examiner.score(metrics, final.baseline.prediction, baseline_threshold), size)
    if final.unscored is not None:
        text = f"criteria cannot be measured, as there is no score on the holdout: {final.unscored}"
        raise error("ACC003", text, "give the holdout more rows, use another metric, or leave accept out")
    other = sorted(metrics - {plan.metric})
    if other:
        text = f"criteria on {', '.join(other)} need a holdout: folds are scored by {plan.metric} only"
        raise error("ACC002", text, "set validation.holdout above 0, or use the optimised metric")
    baseline = float("nan") if first is None else first.score  # it failed: no comparison with it is met
    return Measured({plan.metric: final.trial.score}, {plan.metric: baseline}, size)


def _missed(verdict: Verdict) -> Diagnostic:
    text = f"not accepted: {verdict.criterion}, but it is {verdict.measured}"
    return Diagnostic(
        "error", "ACC001", text, hint="nothing was emitted; the run is kept (report.html, leaderboard.csv)"
    )
