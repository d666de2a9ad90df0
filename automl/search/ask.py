"""What to try next: a pure function of the plan, the trial's number and what is settled. Optuna lives here only.

Trial 0 is the constant baseline; the next ones are the other candidates with their defaults, in plan order; from then
on a candidate is drawn by the rank of its best score, and its parameters come from a tree-structured Parzen estimator
(Bergstra et al. 2011, the multivariate form of Falkner et al. 2018, as Optuna has it) over its settled trials.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.catalog.metrics import Metric
from automl.params import Choice, Float, Int, Param, ParamValue
from automl.plan import Candidate, Plan, TrialScore
from automl.search.history import History
from automl.search.lessons import Lessons
from automl.value import derive_seed

_FLOOR = 0.05  # the least probability of a candidate
_FLOORS = 0.2  # what all of these may come to together: with many candidates each has less
_STARTUP = 10  # so many trials of a candidate before its densities are trusted
_REDRAWS = 4
_DRAWS = 1000  # of an infinite space, until one is taken that was asked already: its reals are hardly any


@dataclass(frozen=True)
class Proposal:
    """A trial to be run."""

    candidate: Candidate
    params: Mapping[str, ParamValue]


def ask(plan: Plan, number: int, history: History) -> Proposal | None:
    """Trial `number`'s candidate and parameters; None where nothing is left to try.

    No parameter set is asked twice.
    """
    if number < len(plan.candidates):
        first = plan.candidates[number]
        return Proposal(first, first.defaults)
    open_ones = [c for c in plan.candidates if not _exhausted(c, history)]
    if not open_ones:
        return None
    candidate = _choose(plan.spec.search.seed, number, open_ones, history)
    return Proposal(candidate, _sample(plan.spec.search.seed, number, candidate, history))


def space_size(space: Mapping[str, Param]) -> float:
    """How many parameter sets there are; infinite where a real number is free. An empty space has one."""
    return math.prod(_domain_size(param) for param in space.values())


def _exhausted(candidate: Candidate, history: History) -> bool:
    return len(history.of(candidate.id).asked) >= space_size(candidate.space)


def _choose(seed: int, number: int, candidates: list[Candidate], history: History) -> Candidate:
    """Draw a candidate: each rank has half the weight of the one above it, and none less than the floor."""

    ranked = sorted(candidates, key=lambda candidate: history.of(candidate.id).best)  # of equal ones as in the plan
    floor = min(_FLOOR, _FLOORS / len(ranked))
    halves = [0.5**place for place in range(len(ranked))]
    point = derive_seed(seed, "candidate", str(number)) / 2.0**31
    reached = 0.0
    for candidate, half in zip(ranked, halves, strict=True):
        reached += floor + (1.0 - floor * len(ranked)) * half / sum(halves)
        if point < reached:
            return candidate
    return ranked[-1]


def _sample(seed: int, number: int, candidate: Candidate, history: History) -> dict[str, ParamValue]:
    """The sampler's proposal; where that was asked before, another one; in the end any set that was not asked."""
    known, params = history.of(candidate.id), candidate.defaults
    sampler = _sampler(candidate, history)
    for attempt in range(_REDRAWS):
        params = sampler.draw(derive_seed(seed, "ask", str(number) if attempt == 0 else f"{number}/{attempt}"))
        if params not in known.asked:
            return params
    others = _others(candidate.space, derive_seed(seed, "rest", str(number)))
    return next((one for one in others if one not in known.asked), params)


def _sampler(candidate: Candidate, history: History) -> _Sampler:
    """The candidate's sampler, which knows all lessons; kept between calls, for it takes time to make."""
    known = history.of(candidate.id)
    sampler = known.memo
    if not (
        isinstance(sampler, _Sampler) and sampler.candidate is candidate and sampler.lessons is known.lessons.taken
    ):
        sampler = known.memo = _Sampler(candidate, known.lessons, history.metric)
    sampler.learn()
    return sampler


class _Sampler:
    """Optuna's estimator over the lessons of one candidate: a study in memory which holds them and nothing else.

    What it draws is a function of the lessons and the seed alone: it is asked through the interface of samplers, so no
    trial of Optuna's own comes into the study.
    """

    def __init__(self, candidate: Candidate, lessons: Lessons, metric: Metric) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        self.candidate = candidate
        self.lessons = lessons.taken
        self._good_part = lessons.good_part
        self._learnt = 0
        self._optuna: Any = optuna
        # In one order, whatever file the plan was read from: a startup draw takes its numbers in this order.
        self._distributions = {name: _distribution(optuna, param) for name, param in sorted(candidate.space.items())}
        self._free = {name: found for name, found in self._distributions.items() if not found.single()}
        self._storage = optuna.storages.InMemoryStorage()
        direction = "maximize" if metric.greater_is_better else "minimize"
        self._study = optuna.create_study(study_name="lessons", storage=self._storage, direction=direction)
        self._blank = optuna.trial.create_trial(params={}, distributions={}, value=0.0)  # the draws do not look at it

    def learn(self) -> None:
        """Take in the lessons that came since."""
        if self._learnt == len(self.lessons):
            return
        for trial in self.lessons[self._learnt :]:
            if _inside(self.candidate.space, trial):
                self._teach(trial)
        self._learnt = len(self.lessons)
        # A study remembers what it has shown to a sampler, and forgets it when it is asked itself. Another one of the
        # same storage knows of nothing.
        self._study = self._optuna.load_study(
            study_name="lessons",
            storage=self._storage,
            sampler=self._optuna.samplers.RandomSampler(),  # never asked, and made sooner than the default
            pruner=self._optuna.pruners.NopPruner(),
        )

    def draw(self, seed: int) -> dict[str, ParamValue]:
        sampler = self._tpe(seed)
        drawn = sampler.sample_relative(self._study, self._blank, self._free)
        return {
            name: drawn[name] if name in drawn else self._alone(sampler, name, found)
            for name, found in self._distributions.items()
        }

    def _alone(self, sampler: Any, name: str, distribution: Any) -> ParamValue:
        """One parameter by itself: while there is too little to learn from, and where there is no choice."""
        if distribution.single():
            return _value_at(self.candidate.space[name], 0.0)
        drawn: ParamValue = sampler.sample_independent(self._study, self._blank, name, distribution)
        return drawn

    def _tpe(self, seed: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # multivariate sampling was long marked experimental
            return self._optuna.samplers.TPESampler(
                seed=seed, multivariate=True, n_startup_trials=_STARTUP, constant_liar=False, gamma=self._good_part
            )

    def _teach(self, trial: TrialScore) -> None:
        made = self._optuna.trial.create_trial(
            params=dict(trial.params), distributions=self._distributions, value=trial.score
        )
        self._study.add_trial(made)


def _distribution(optuna: Any, param: Param) -> Any:
    if isinstance(param, Float):
        return optuna.distributions.FloatDistribution(param.low, param.high, log=param.log)
    if isinstance(param, Int):
        return optuna.distributions.IntDistribution(param.low, param.high, log=param.log)
    return optuna.distributions.CategoricalDistribution(param.options)


def _inside(space: Mapping[str, Param], trial: TrialScore) -> bool:
    """Whether the trial lies in the space: a default may lie outside of a range that a spec narrowed."""
    if trial.params.keys() != space.keys():
        return False
    return all(_holds(param, trial.params[name]) for name, param in space.items())


def _holds(param: Param, value: ParamValue) -> bool:
    if isinstance(param, Choice):
        return value in param.options
    return isinstance(value, int | float) and param.low <= value <= param.high


def _domain_size(param: Param) -> float:
    if isinstance(param, Choice):
        return len(set(param.options))
    if isinstance(param, Int):
        return param.high - param.low + 1
    return 1 if param.low == param.high else math.inf


def _others(space: Mapping[str, Param], seed: int) -> Iterator[dict[str, ParamValue]]:
    """Sets that no history chooses: all of a finite space, from some place on; else many at random."""
    names, draws = sorted(space), random.Random(seed)
    size = space_size(space)
    if math.isfinite(size):
        for step in range(int(size)):
            yield _set_at(space, (seed + step) % int(size))
        return
    for _ in range(_DRAWS):
        yield {name: _value_at(space[name], draws.random()) for name in names}


def _set_at(space: Mapping[str, Param], place: int) -> dict[str, ParamValue]:
    """One of a finite space's sets, by its place among them."""
    found: dict[str, ParamValue] = {}
    for name, param in sorted(space.items()):
        place, here = divmod(place, int(_domain_size(param)))
        found[name] = _value_at(param, (here + 0.5) / _domain_size(param))
    return found


def _value_at(param: Param, share: float) -> ParamValue:
    """The value that lies at that share, in [0, 1), of a parameter's domain."""
    if isinstance(param, Choice):
        return param.options[int(share * len(param.options))]
    if isinstance(param, Int):
        return param.low + int(share * (param.high - param.low + 1))
    if not param.log:
        return min(param.low + share * (param.high - param.low), param.high)
    return min(max(float(param.low * (param.high / param.low) ** share), param.low), param.high)
