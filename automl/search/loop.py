"""The search: ask, submit, wait, settle. Everything that is asked depends on what is settled, and on nothing else.

Resuming is the same loop from the start, with the ledger's results at hand: virtual time plays the same order again, so
a continued, an extended and an unbroken run settle the same units. A clock is looked at only where the next unit's
result is not at hand, so that no finished work is lost to a deadline.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from automl.jobs import Done, Executor, Job, Outcome
from automl.plan import BASELINE, Plan, TrialScore
from automl.search.ask import Proposal, ask
from automl.search.budget import SearchSettings
from automl.search.decisions import Decision, cut_of, for_unit, forced_outcomes
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
from automl.search.scoring import UnitResult, from_done
from automl.search.trials import OpenTrial, closing_line
from automl.search.virtual import Unit

FIRST = BASELINE + 1  # up to this one, trials run no race: the shortest search has a model beside the baseline
_IDLE_ANSWERS = 1000  # an executor that so often says "nothing yet" at once has lost a job: a bug, not a long wait


def run_search(
    plan: Plan, executor: Executor, ledger: Ledger, settings: SearchSettings, watch: Callable[[Event], None]
) -> SearchResult:
    """Search until the budget is spent, nothing is left to try, or the time is over.

    Never ends a job that is under way: the caller closes the executor. Ctrl-C leaves a consistent ledger. Raises
    AutomlError where the ledger is another plan's (LED004) or cannot be written (LED005).
    """
    search = _Search(plan, executor, ledger, settings, watch)
    try:
        search.run()
    finally:
        ledger.flush()
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
        self._greater = plan.scorer.greater_is_better
        self._history = History(self._greater)
        self._race = Race(self._greater)
        self._time = settings.virtual_time(plan.spec.search.parallelism)
        self._forced = forced_outcomes(settings.replay or ())
        self._cut = self._record.cut if settings.replay is None else cut_of(settings.replay)
        self._open: dict[int, OpenTrial] = {}
        self._going_on: deque[OpenTrial] = deque()  # with folds that are not placed yet, perhaps
        self._given: dict[Unit, UnitResult] = {}  # outcomes that a replay takes over
        self._unit_keys: dict[Unit, str] = {}  # of the units on slots
        self._in_flight: dict[str, Unit] = {}
        self._asked = self._settled = self._retried = 0
        self._busy = 0.0
        self._ok: list[TrialScore] = []
        self._unscored: list[UnscoredTrial] = []
        self._best: TrialScore | None = None
        self._decisions: list[Decision] = []
        self._baseline_open = True

    def run(self) -> None:
        while self._cut is None or self._settled < self._cut:
            self._fill()
            unit = self._time.next_end()
            if unit is None:
                return
            result = self._await(unit)
            if result is None:
                break
            self._settle(unit, result)
        decision = Decision(kind="cut", settled=self._settled)
        self._decide(decision)
        self._record.flush()
        self._watch(Cut(self._settled))

    def result(self) -> SearchResult:
        outcomes = Counter({outcome.value: 0 for outcome in Outcome})
        outcomes[Outcome.OK.value] += len(self._ok)
        outcomes.update(trial.outcome.value for trial in self._unscored)
        return SearchResult(
            trials=tuple(sorted(self._ok, key=lambda trial: trial.number)),
            unscored=tuple(sorted(self._unscored, key=lambda trial: trial.number)),
            best=self._best,
            outcomes=dict(outcomes),
            decisions=tuple(self._decisions),
            asked=self._asked,
            settled_units=self._settled,
            retried=self._retried,
            busy_s=self._busy,
            busy_all_s=sum(result.wall_s for result in self._record.results.values()),
        )

    # -- asking -----------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Put units on all free slots. What was asked is on the disk before anything of it is submitted."""
        jobs: list[Job] = []
        while self._time.free:
            trial = self._trial_to_place()
            if trial is None:
                break
            unit = Unit(trial.number, trial.placed)
            trial.placed += 1
            # The baseline costs no virtual time: it is settled first, and a deadline finds it settled.
            self._time.place(unit, 0.0 if unit.trial == BASELINE else trial.candidate.forecast.cpu_s)
            jobs.extend(self._job(unit, trial))
        self._record.flush()
        for job in jobs:
            self._executor.submit(job)

    def _trial_to_place(self) -> OpenTrial | None:
        """A trial that goes on and has folds left, else the first fold of a new one; None: there is none."""
        while self._going_on:
            trial = self._going_on[0]
            if not trial.closed and trial.placed < self._plan.rows.fold_count:
                return trial
            self._going_on.popleft()
        return self._ask()

    def _ask(self) -> OpenTrial | None:
        number = self._asked
        if self._settings.trials is not None and number >= self._settings.trials:
            return None
        standing = self._record.asked.get(number)
        if standing is None:
            proposal = ask(self._plan, number, self._history)
        else:
            proposal = Proposal(self._plan.candidate(standing[0]), standing[1])
        if proposal is None:
            return None
        self._asked += 1
        trial = self._open[number] = OpenTrial(number, proposal.candidate, proposal.params)
        if number <= FIRST:
            self._let_go_on(trial)
        self._history.add_asked(trial.candidate.id, trial.params)
        self._record.note_asked(number, trial.candidate.id, trial.params)
        self._watch(Asked(number, trial.candidate.id, trial.params, known=standing is not None))
        return trial

    def _job(self, unit: Unit, trial: OpenTrial) -> list[Job]:
        """The job of a unit, as a list of one; of none where its result is known, on its way, or replayed."""
        fit_rows, score_rows = self._plan.rows.fold(unit.fold, "in"), self._plan.rows.fold(unit.fold, "out")
        key = self._keys(trial.candidate.id, trial.params, fit_rows, score_rows)
        self._unit_keys[unit] = key
        forced = self._forced.get(unit)
        if forced is not None:
            text = "as recorded in the decisions that are replayed"
            self._given[unit] = UnitResult(key, forced, error=text, crashed=forced is Outcome.FAILED)
            return []
        if key in self._record.results or key in self._in_flight:
            return []
        self._in_flight[key] = unit
        limits = self._plan.spec.search.trial
        bounded = self._settings.replay is None and unit.trial != BASELINE
        return [
            Job(
                key=key,
                candidate=trial.candidate.id,
                params=trial.params,
                fit_rows=fit_rows,
                score_rows=score_rows,
                label=f"trial {unit.trial}, fold {unit.fold}",
                timeout_s=limits.timeout_s if bounded else None,
                memory_bytes=limits.memory_bytes if bounded else None,
            )
        ]

    # -- waiting ----------------------------------------------------------------------------------------------------

    def _await(self, unit: Unit) -> UnitResult | None:
        """The unit's result; other arrivals are kept. None: the time is over and it is not there."""
        key = self._unit_keys.pop(unit)
        given = self._given.pop(unit, None)
        idle = 0
        while given is None and key not in self._record.results:
            self._record.flush()
            deadline = None if self._baseline_open else self._settings.deadline
            done = self._executor.wait(None if deadline is None else deadline.left())
            if done is not None:
                self._arrived(done)
                idle = 0
            elif deadline is not None and deadline.left() <= 0.0:
                return None
            else:
                idle += 1
                if idle > _IDLE_ANSWERS or deadline is None:
                    raise RuntimeError(f"the executor has lost the job of {unit}")
        return given or self._record.results[key]

    def _arrived(self, done: Done) -> None:
        unit = self._in_flight.pop(done.key, None)
        if unit is None:
            return  # of somebody else who uses the same executor
        result = from_done(done)
        self._busy += result.wall_s
        if result.retried:
            self._retried += result.retried
            self._watch(Retried(unit, result.retried))
        self._record.note_finished(unit, result)
        self._watch(Finished(unit, result.outcome, result.wall_s))

    # -- settling ---------------------------------------------------------------------------------------------------

    def _settle(self, unit: Unit, result: UnitResult) -> None:
        self._settled += 1
        decision = for_unit(unit, result.outcome, result.crashed)
        if decision is not None:
            self._decide(decision)
        trial = self._open[unit.trial]
        ended = trial.take_in(unit.fold, result, self._plan.rows.fold_count, self._greater) or self._prune(trial)
        known = self._record.is_settled(unit)
        self._record.note_settled(unit, result, None if ended is None else closing_line(ended))
        if trial.closed and trial.empty:
            del self._open[unit.trial]
        if ended is not None:
            self._close(ended, known)

    def _let_go_on(self, trial: OpenTrial) -> None:
        trial.goes_on = True
        self._going_on.append(trial)

    def _prune(self, trial: OpenTrial) -> UnscoredTrial | None:
        """After a trial's first fold: its end where others were better there, else its other folds may be placed."""
        score = trial.first_score(self._greater)
        if score is None:
            return None
        if self._race.goes_on(score):
            self._let_go_on(trial)
            return None
        best = self._best  # none where the baseline and the first trial failed
        return trial.prune(score if best is None else best.score + score - best.folds[0])

    def _close(self, ended: TrialScore | UnscoredTrial, known: bool) -> None:
        if ended.number == BASELINE:
            self._baseline_open = False
        self._watch(Settled(ended, self._settled, known))
        if isinstance(ended, UnscoredTrial):
            self._unscored.append(ended)
            self._history.add_unscored(ended)
            return
        self._ok.append(ended)
        self._history.add_settled(ended)
        if self._beats_best(ended):
            self._best = ended
            self._watch(BestChanged(ended))

    def _beats_best(self, trial: TrialScore) -> bool:
        best = self._best
        if best is None or trial.score == best.score:
            return best is None or trial.number < best.number
        return self._history.better(trial.score, best.score)

    def _decide(self, decision: Decision) -> None:
        self._decisions.append(decision)
        self._record.note_decision(decision)
