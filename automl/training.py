"""The whole order: plan, search, select, final fits, accept, emit. Everything that a run leaves lies in one folder."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from automl.compiler.forecast import below_floor
from automl.driver.acceptance import refusal_of
from automl.driver.finish import Final, Interval, Story, final_params, fit_final, interval_of, request_of
from automl.driver.folder import RunFolder, open_folder
from automl.driver.opening import Opening
from automl.driver.options import Stage, TrainOptions, Watch
from automl.driver.rehearsal import Rehearsal
from automl.driver.reserve import Budget, Effort, Finishers, Reserve, growth_of
from automl.driver.silence import Silence
from automl.driver.usage import Usage, too_few_slots
from automl.emit.request import Emitted
from automl.emit.write import emit_package
from automl.errors import AutomlError, Diagnostic
from automl.executors.inline import InlineExecutor
from automl.fit import FitContext
from automl.jobs import Executor, Outcome
from automl.lock import check_lock
from automl.plan import BASELINE, Plan, TrialScore
from automl.planning import Planned, data_of_plan, load_planned, make_plan, read_plan, tests_of_plan
from automl.report.units import counted
from automl.rows import Rows
from automl.search.budget import Deadline, SearchSettings
from automl.search.decisions import Decision, chosen, without_interval
from automl.search.events import Event, SearchResult
from automl.search.loop import run_search
from automl.spec.model import BudgetSpec

PLAN_SUFFIX = ".json"
FAILED_INLINE = "report.html lists the trials; mend what fails, or leave its family out with search.families"


def train(options: TrainOptions, watch: Watch) -> dict[str, Any]:
    """Run a spec or a plan. Returns the content of result.json.

    Raises AutomlError: what is wrong with spec, data, folder or cluster; NotAccepted where a criterion is missed.
    """
    began = time.monotonic() if options.began is None else options.began
    with Silence(watch) as told:
        return _train(options, told, began)


def _train(options: TrainOptions, told: Silence, began: float) -> dict[str, Any]:
    opening, effort = Opening(options), Effort()
    try:
        planned = _with_budget(_plan(options, opening), options, opening.name)
        folder = open_folder(options, planned, {"executor": opening.name, "address": opening.address})
    except BaseException:
        opening.close()
        raise
    with folder:
        if folder.finished is not None:
            opening.close()
            return dict(folder.finished)
        return _Run(planned, folder, told, (began, effort.so_far())).go(opening)


def _plan(options: TrainOptions, opening: Opening) -> Planned:
    """The plan, while workers start. Raises AutomlError where it differs from the lock beside its file."""
    source = options.source
    if isinstance(source, Path) and source.suffix == PLAN_SUFFIX:
        plan = read_plan(source)
        opening.start_for_plan(plan, source.parent)
        test = tests_of_plan(plan, source)
        planned = load_planned(plan, data_of_plan(plan, source), (source.parent, Path()), test=test)
    else:
        planned = make_plan(source, opening.start_for)
    check_lock(planned.plan, planned.lock, source.parent if isinstance(source, Path) else source.folder)
    return planned


def _with_budget(planned: Planned, options: TrainOptions, executor: str) -> Planned:
    """`--trials` or `--time` alone replaces the whole budget of the spec; the floor is that of the executor."""
    if options.trials is None and options.time_s is None and options.executor is None:
        return planned
    budget = planned.plan.spec.search.budget
    if options.trials is not None or options.time_s is not None:
        budget = BudgetSpec(trials=options.trials, time_s=options.time_s)
    search = planned.plan.spec.search.model_copy(update={"budget": budget})
    spec = planned.plan.spec.model_copy(update={"search": search})
    told = [found for found in planned.warnings if found.code != "PLAN006"]  # of the spec's own budget and executor
    warning = below_floor(budget.time_s, planned.plan.floor_s, executor)
    warnings = (*told, warning) if warning else tuple(told)
    return replace(planned, plan=planned.plan.model_copy(update={"spec": spec}), warnings=warnings)


class _Run:
    """One session of a run, from the open folder to result.json."""

    def __init__(
        self, planned: Planned, folder: RunFolder, watch: Silence, so_far: tuple[float, tuple[float, float]]
    ) -> None:
        """`so_far`: when it began, and what making the plan took (`Effort`)."""
        self.planned, self.plan = planned, planned.plan
        self.folder, self.watch = folder, watch
        self.began, self.planning = so_far
        self.context = FitContext(self.plan, planned.dataset, planned.modules)
        self.reserve: Reserve | None = None
        self.rehearsal = Rehearsal(self.context)
        self.limited = False  # in time: the final fits
        self.warnings = list(planned.warnings)

    def go(self, opening: Opening) -> dict[str, Any]:
        try:
            deadline = self._deadline(opening.finishers)
            executor = opening.executor(self.context, None if deadline is None else deadline.left)
            for note in (*self.folder.notes, *opening.notes):
                self.warn(note.code, note.message, note.hint)
            self.watch.executor = executor
            if deadline is not None:
                self.rehearsal.start(beside=opening.name != "inline")
            found, usage = self._search(executor, deadline)
            cut = any(decision.kind == "cut" for decision in found.decisions)
            self.watch.executor = finishing = opening.for_final_fits(self.context, cut)
            final = self._final(finishing, found)
            if final.late:
                found = self._decided(found, Decision(kind="chosen", trial=final.trial.number))
            found, spread = self._interval(found, final)
            emitted = self._emit(found, final, spread)
        finally:
            opening.close()
            self.rehearsal.join()
        return self._result(found, final, emitted, usage)

    def _deadline(self, finishers: Callable[[], Finishers]) -> Deadline | None:
        """When the search has to end, where the budget is one of time."""
        budget = self.plan.spec.search.budget
        if budget.time_s is None:
            return None
        end = self.began + budget.time_s - self.folder.spent_s
        growth = growth_of(self.plan, Rows(self.planned.dataset.context))
        timed = Budget(end, budget.time_s, time.monotonic, self.planning)
        self.reserve = Reserve(self.plan, timed, lambda: self.rehearsal.tail, growth, finishers)
        return Deadline(time.monotonic, end, self.reserve.seconds)

    def _search(self, executor: Executor, deadline: Deadline | None) -> tuple[SearchResult, dict[str, Any]]:
        budget = self.plan.spec.search.budget
        own = self.plan.scorer.source is not None
        self.watch.own_metric = self.plan.metric if own else None
        self.watch(Stage("plan", f"{self.plan.spec.name}, {counted(executor.workers, 'worker')}", budget.trials))
        if self.folder.state != "new":
            self.watch(Stage("resume", str(self.folder.path)))
        for warning in self.planned.warnings:
            self.watch(Stage("note", warning.as_text()))
        limit = Deadline(time.monotonic, time.monotonic() + budget.time_s) if own and budget.time_s else None
        settings = SearchSettings(
            trials=budget.trials, deadline=deadline, extend=self.folder.state == "extended", baseline=limit
        )
        few = too_few_slots(self.plan.spec.search.parallelism, executor.workers)
        if few is not None:
            self.warn("RUN010", *few)
        if settings.deadline is not None:
            # What was cut is finished however late it is by now; and what is resumed when all its time is spent.
            late = self.folder.searched or (self.folder.state != "new" and settings.deadline.left() <= 0.0)
            self.limited = not late
        usage = Usage()
        found = run_search(self.plan, executor, self.folder.ledger, settings, partial(self._seen, usage))
        return found, usage.told(executor.workers)

    def warn(self, code: str, message: str, hint: str | None = None) -> None:
        """Tell a warning, and keep it for result.json."""
        warning = Diagnostic("warning", code, message, hint=hint)
        self.warnings.append(warning)
        self.watch(Stage("note", warning.as_text()))

    def _seen(self, usage: Usage, event: Event) -> None:
        if self.reserve is not None:
            self.rehearsal(event)
            self.reserve(event)
        usage(event)
        self.watch(event)

    def _final(self, executor: Executor, found: SearchResult) -> Final:
        if not found.leaders:
            causes = [
                f"trial {t.number} ({t.candidate}): {t.outcome.value} {t.error or ''}".rstrip() for t in found.unscored
            ]
            hint = "give the search more time, or more trials"
            if causes:
                inline = isinstance(executor, InlineExecutor)
                hint = FAILED_INLINE if inline else "--executor inline shows what fails"
            raise AutomlError(
                [
                    Diagnostic("error", "RUN003", f"no trial has a score: {cause}", hint=hint)
                    for cause in causes or ["none ended"]
                ]
            )
        self.watch(Stage("final"))
        said, leaders = chosen(found.decisions), found.leaders
        if said is not None:
            leaders = tuple(trial for trial in leaders if trial.number in (said, BASELINE))
        limit = self.reserve.left_for if self.reserve is not None and said is None and self.limited else None
        final = fit_final(self.plan, executor, leaders, limit)
        self._tell(final, found)
        return final

    def _tell(self, final: Final, found: SearchResult) -> None:
        """Warn of what the winner is not."""
        if final.late or chosen(found.decisions) is not None:
            best = final.late[0] if final.late else found.leaders[0]
            text = f"no time was left to fit trial {best.number} ({best.candidate}) on all rows: trial"
            self.warn("RUN008", f"{text} {final.trial.number} is taken", "give the search more time")
        for skipped in final.skipped:
            self.warn("RUN005", f"passed over, it cannot be fitted on all rows: {skipped}")
        if final.unscored is not None:
            hint = "there is no honest estimate of this model: give the holdout more rows, or use another metric"
            self.warn("RUN007", f"no score on the holdout: {final.unscored}", hint)
        if found.leaders[0].number == BASELINE:
            hint = "give the search more time or more trials, or look at report.html for trials that failed"
            among = counted(found.outcomes[Outcome.OK.value], "trial")
            self.warn("RUN006", f"no model beat the constant baseline among {among}", hint)

    def _interval(self, found: SearchResult, final: Final) -> tuple[SearchResult, Interval]:
        """That of the estimate; where there is no time for it, the decision to leave it out."""
        if final.estimate is None:
            return found, None
        self.watch(Stage("score"))
        if not without_interval(found.decisions):
            limit_s = self.reserve.for_interval() if self.reserve is not None and self.limited else math.inf
            if limit_s > 0.0:
                with suppress(TimeoutError):
                    return found, interval_of(self.context, final, limit_s)
            found = self._decided(found, Decision(kind="no_interval"))
        hint = "the package says the score alone: give the run more time, or use a faster metric"
        self.warn("RUN012", "no time was left for the interval of the score on the holdout", hint)
        return found, None

    def _decided(self, found: SearchResult, decision: Decision) -> SearchResult:
        """With what was decided after the search, for lack of time."""
        self.folder.ledger.note("decision", decision.as_json())
        self.folder.ledger.flush()  # before a package says it: who resumes comes to the same one
        return replace(found, decisions=(*found.decisions, decision))

    def _emit(self, found: SearchResult, final: Final, spread: Interval) -> Emitted:
        decisions = tuple(decision.as_json() for decision in found.decisions)
        story = Story(self.planned.lock, self._baseline(found), decisions)
        request = request_of(self.context, final, story, spread)
        refusal = refusal_of(self.context, request, final)
        if refusal is not None:
            raise self.folder.refused(refusal)
        self.watch(Stage("emit", str(self.folder.package)))
        emitted = emit_package(request, self.folder.package, replace=self.folder.state != "new")
        for warning in emitted.warnings:
            self.watch(Stage("note", warning.as_text()))
        self.folder.selected(final.trial, emitted.digest, decisions)
        return emitted

    @staticmethod
    def _baseline(found: SearchResult) -> TrialScore | None:
        return next((trial for trial in found.leaders if trial.number == BASELINE), None)

    def _result(self, found: SearchResult, final: Final, emitted: Emitted, usage: dict[str, Any]) -> dict[str, Any]:
        result = {
            "ok": True,
            "name": self.plan.spec.name,
            "run": str(self.folder.path),
            "package": str(emitted.path),
            "digest": emitted.digest,
            "metric": self.plan.metric,
            **final.scores,
            "trials": dict(found.outcomes),
            "wall_s": round(time.monotonic() - self.began, 3),
            "budget_s": self.plan.spec.search.budget.time_s,
            "clock_events": found.clock_events,
            **usage,
            "winner": {"members": [_member(self.plan, final.trial)]},
            "data": [str(path.absolute()) for path in self.planned.data],
            **({"test": [str(path.absolute()) for path in self.planned.test]} if self.planned.test else {}),
            **({} if self.planned.modules is None else {"modules": self.planned.modules}),
            "versions": dict(self.planned.lock.versions),
            "cpu": self.planned.lock.cpu,
            "warnings": [warning.as_json() for warning in (*self.warnings, *emitted.warnings)],
        }
        self.folder.finish(result)
        return result


def _member(plan: Plan, trial: TrialScore) -> dict[str, Any]:
    return {
        "candidate": trial.candidate,
        "trial": trial.number,
        "weight": 1.0,
        "params": dict(final_params(trial, plan)),
    }
