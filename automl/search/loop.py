"""The search: ask, submit, wait, settle. Everything that is asked depends on what is settled, and on nothing else.

Resuming is the same loop from the start, with the ledger's results at hand: virtual time plays the same order again, so
a continued, an extended and an unbroken run settle the same units. A clock is looked at only where the next unit's
result is not at hand, so that no finished work is lost to a deadline.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from automl.errors import AutomlError, error
from automl.jobs import Done, Executor, Job
from automl.plan import BASELINE, Plan, TrialScore
from automl.search.ask import Proposal, ask
from automl.search.budget import SearchSettings
from automl.search.decisions import Decision, after_search, cut_of, for_unit
from automl.search.dispatch import Dispatch
from automl.search.events import (
    Asked,
    BestChanged,
    Cut,
    Event,
    Finished,
    Retried,
    SearchResult,
    Settled,
    UnscoredTrial,
)
from automl.search.history import History
from automl.search.keys import JobKeys
from automl.search.ledger import Ledger, check_search
from automl.search.race import Race
from automl.search.record import Record
from automl.search.results import Results
from automl.search.scoring import UnitResult, from_done
from automl.search.tally import Tally
from automl.search.trials import OpenTrial, closing_line, longest
from automl.search.unit_jobs import job_of
from automl.search.virtual import Unit

FIRST = BASELINE + 1  # up to this one, trials go on whatever they score: the shortest search has a model
_IDLE_ANSWERS = 1000  # an executor that so often says "nothing yet" at once has lost a job: a bug, not a long wait


def run_search(
    plan: Plan, executor: Executor, ledger: Ledger, settings: SearchSettings, watch: Callable[[Event], None]
) -> SearchResult:
    """Search until the budget is spent, nothing is left to try, or the time is over.

    Never ends a job that is under way: the caller closes the executor. Ctrl-C leaves a consistent ledger. Raises
    AutomlError where the ledger is another plan's (LED004) or cannot be written (LED005), and where the baseline has no
    score in time (SEA004).
    """
    search = _Search(plan, executor, ledger, settings, watch)
    try:
        search.run()
    finally:
        search.close()
    return search.result()


class _Search:
    def __init__(
        self, plan: Plan, executor: Executor, ledger: Ledger, settings: SearchSettings, watch: Callable[[Event], None]
    ) -> None:
        self._plan = plan
        self._executor = executor
        self._settings = settings
        self._watch = watch
        self._keys = JobKeys(plan)
        check_search(ledger.header, self._keys.search, ledger.path)
        self._record = Record(ledger, settings.extend)
        self._metric = plan.scorer
        self._history = History(self._metric)
        self._race = Race(self._metric)
        self._time = settings.virtual_time(plan.spec.search.parallelism)
        self._results = Results(self._record, settings.replay or ())
        self._cut = self._record.cut if settings.replay is None else cut_of(settings.replay)
        self._open: dict[int, OpenTrial] = {}
        self._going_on: list[deque[OpenTrial]] = [deque() for _ in plan.rungs]  # by the rung that they have reached
        self._dispatch = Dispatch(executor)
        self._asked = self._settled = self._retried = 0
        self._tally = Tally(self._metric)
        self._decisions: list[Decision] = []
        self._baseline_open = True

    def run(self) -> None:
        while self._cut is None or self._settled < (self._cut.settled or 0):
            self._fill()
            unit = self._time.next_end()
            if unit is None:
                return
            result = self._await(unit)
            if result is None:
                break
            self._settle(unit, result)
        if self._cut is not None and self._cut.late:
            self._fill()  # as the session that was cut had done
        cut = self._cut or Decision(kind="cut", settled=self._settled, late=self._late())
        self._decide(cut)
        for unit in (unit for number in cut.late or () for unit in self._open[number].on_slots):
            self._dispatch.need(self._results.key(unit))
        for number in cut.late or ():
            self._take_along(number)
        self._record.flush()
        self._watch(Cut(self._settled))

    def close(self) -> None:
        self._record.close()

    def result(self) -> SearchResult:
        return SearchResult(
            leaders=self._tally.leaders,
            unscored=self._tally.unscored,
            outcomes=dict(self._tally.outcomes),
            decisions=(*self._decisions, *self._after()),
            asked=self._asked,
            settled_units=self._settled,
            retried=self._retried,
        )

    def _after(self) -> list[Decision]:
        """What was decided after the search, in an earlier session or in the run that is replayed."""
        return after_search(self._record.after if self._settings.replay is None else self._settings.replay)

    # -- asking -----------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Put units on all free slots. What was asked is in the ledger before anything of it is submitted."""
        jobs: list[tuple[Unit, Job, float]] = []
        while self._time.free:
            trial = self._trial_to_place()
            if trial is None:
                break
            unit = trial.next_unit
            assert unit is not None
            trial.placed += 1
            # The first two cost no virtual time: they are settled first, and a deadline finds them settled.
            cost = trial.candidate.forecast.cpu_s * self._plan.rungs[unit.rung].share
            end = self._time.place(unit, 0.0 if unit.trial <= FIRST else cost)
            bounded = self._settings.replay is None and unit.trial != BASELINE
            job = job_of(self._plan, self._keys, trial, unit, bounded)
            if not self._results.want(unit, job.key):
                jobs.append((unit, job, end))
        self._record.commit()
        for unit, job, end in jobs:
            if self._cut is None:
                self._dispatch.submit(unit, job)
            else:
                self._dispatch.keep(unit, job, end)

    def _trial_to_place(self) -> OpenTrial | None:
        """The trial that is furthest on and has a unit to place, else a new one; None: there is none."""
        for waiting in reversed(self._going_on):
            while waiting:
                if waiting[0].next_unit is not None:
                    return waiting[0]
                waiting.popleft()
        return self._ask()

    def _ask(self) -> OpenTrial | None:
        number = self._asked
        if self._settings.trials is not None and number >= self._settings.trials:
            self._record.all_asked(self._settings.trials)
            return None
        standing = self._record.asked(number)
        if standing is None:
            proposal = ask(self._plan, number, self._history)
        else:
            proposal = Proposal(self._plan.candidate(standing[0]), standing[1])
        if proposal is None:
            return None
        self._asked += 1
        rungs = self._plan.rungs
        reached = len(rungs) - 1 if number <= FIRST else proposal.candidate.first_rung
        trial = self._open[number] = OpenTrial(number, proposal.candidate, proposal.params, rungs, reached)
        self._going_on[reached].append(trial)
        self._history.add_asked(trial.candidate.id, trial.params)
        if standing is None:
            self._record.note_asked(number, trial.candidate.id, trial.params)
        self._watch(Asked(number, trial.candidate.id, trial.params, known=standing is not None))
        return trial

    # -- waiting ----------------------------------------------------------------------------------------------------

    def _await(self, unit: Unit) -> UnitResult | None:
        """The unit's result; other arrivals are kept. None: the time is over and it is not there."""
        idle = 0
        while self._results.peek(unit) is None:
            self._record.commit()
            self._dispatch.need(self._results.key(unit))
            if self._cut is not None:
                self._dispatch.go_ahead((self._cut.settled or 0) - self._settled)
            deadline = self._settings.baseline if self._baseline_open else self._settings.deadline
            done = self._executor.wait(None if deadline is None else deadline.left())
            if done is not None:
                self._arrived(done)
                idle = 0
            elif deadline is not None and deadline.left() <= 0.0:
                if self._baseline_open:
                    raise _no_baseline(self._plan)
                return None
            else:
                idle += 1
                if idle > _IDLE_ANSWERS or deadline is None:
                    raise RuntimeError(f"the executor has lost the job of {unit}")
        return self._results.take(unit)

    def _arrived(self, done: Done) -> None:
        unit = self._dispatch.in_flight.pop(done.key, None)
        if unit is None:
            return  # of somebody else who uses the same executor
        result = from_done(done)
        if result.retried:
            self._retried += result.retried
            self._watch(Retried(unit, result.retried))
        self._record.note_finished(unit, result)
        self._watch(Finished(unit, result.outcome, result.wall_s, result.cpu_s))
        timed = self._settings.deadline is not None
        if timed and (at_hand := self._open[unit.trial].ahead(self._results.peek, self._metric)) is not None:
            self._watch(at_hand)

    # -- settling ---------------------------------------------------------------------------------------------------

    def _settle(self, unit: Unit, result: UnitResult) -> None:
        self._settled += 1
        decision = for_unit(unit, result.outcome, result.crashed)
        if decision is not None:
            self._decide(decision)
        trial = self._open[unit.trial]
        ended = trial.take_in(unit, result, self._metric) or self._race_on(trial, unit.rung)
        known = self._record.note_settled(unit, result, None if ended is None else closing_line(ended))
        if trial.closed and trial.empty:
            del self._open[unit.trial]
        if isinstance(ended, TrialScore):
            self._race.came_through(trial.scores, ended.score)
        if ended is not None:
            self._close(ended, known, longest(trial.results.values()))

    def _late(self) -> tuple[int, ...] | None:
        return (
            tuple(n for n, trial in sorted(self._open.items()) if trial.ahead(self._results.peek, self._metric)) or None
        )

    def _take_along(self, number: int) -> None:
        """At a cut nobody's turn is waited for any more: a trial whose fits have ended counts."""
        trial = self._open[number]
        for unit in trial.on_slots:
            result = self._await(unit)
            assert result is not None, "its fits have ended, or are replayed without a clock"
            trial.results[unit] = result
        score = trial.score_of(trial.results, self._metric)
        assert score is not None, "only trials with a score are taken along"
        self._close(score, self._record.note_late(number, closing_line(score)), longest(trial.results.values()))

    def _race_on(self, trial: OpenTrial, rung: int) -> UnscoredTrial | None:
        """After a rung of a trial: its end where others were better there, else units of the next one may be placed."""
        score = trial.scores.get(rung)
        if score is None or trial.closed:
            return None
        goes_on = self._race.goes_on(rung, score)
        if trial.reached > rung:  # one of the first: it is compared with, and goes on
            return None
        if not goes_on:
            return trial.prune(self._race.expected(rung, score))
        trial.reached += 1
        self._going_on[trial.reached].append(trial)
        return None

    def _close(self, ended: TrialScore | UnscoredTrial, known: bool, longest_s: float) -> None:
        if ended.number == BASELINE:
            self._baseline_open = False
        self._watch(Settled(ended, self._settled, known, longest_s))
        if isinstance(ended, UnscoredTrial):
            self._tally.add_unscored(ended)
            self._history.add_unscored(ended)
            return
        self._history.add_settled(ended)
        if self._tally.add_scored(ended):
            self._watch(BestChanged(ended))

    def _decide(self, decision: Decision) -> None:
        self._decisions.append(decision)
        self._record.note_decision(decision)


def _no_baseline(plan: Plan) -> AutomlError:
    text = f"a constant has no score by {plan.metric} after the whole time budget"
    return error(
        "SEA004", text, hint="each fit calls this function of yours: make it faster, or give the run more time"
    )
