"""Whether a winner meets the criteria of the spec, before anything of it is emitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automl.driver.finish import Examiner, Final
from automl.emit.assemble import package_files
from automl.emit.checks import check_plan
from automl.emit.request import EmitRequest
from automl.errors import Diagnostic, error
from automl.fit import FitContext
from automl.plan import TrialScore
from automl.select.accept import Measured, Verdict, judge


@dataclass(frozen=True)
class Refusal:
    """A winner that missed a criterion: its trial, its scores by their names in result.json, every criterion."""

    trial: TrialScore
    scores: Mapping[str, float | None]
    verdicts: tuple[Verdict, ...]

    def as_json(self) -> dict[str, Any]:
        """For the ledger, and for `--format json`."""
        winner = {"trial": self.trial.number, "candidate": self.trial.candidate}
        return {**winner, **self.scores, "criteria": [asdict(verdict) for verdict in self.verdicts]}

    def diagnostics(self, run: Path) -> list[Diagnostic]:
        """One for each criterion that was missed. `run`: the folder that is kept."""
        hint = f"nothing was emitted; the run is kept in {run} (report.html, leaderboard.csv)"
        return [
            Diagnostic("error", "ACC001", f"not accepted: {found.criterion}, but it is {found.measured}", hint=hint)
            for found in self.verdicts
            if not found.met
        ]


def refusal_of(context: FitContext, request: EmitRequest, final: Final) -> Refusal | None:
    """The criteria held against the winner; None where it meets them all.

    Raises AutomlError: ACC002, ACC003 where criteria cannot be measured.
    """
    plan = context.plan
    criteria = plan.spec.accept
    if not criteria:
        return None
    size = 0
    if any(criterion.package_size is not None for criterion in criteria):
        check_plan(request.plan)
        size = sum(len(content) for content in package_files(request)[0].values())
    verdicts = tuple(judge(criteria, plan.scorer, _measured(context, request, final, size)))
    if all(verdict.met for verdict in verdicts):
        return None
    return Refusal(final.trial, final.scores, verdicts)


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
