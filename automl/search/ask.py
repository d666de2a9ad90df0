"""What to try next: a pure function of the plan, the trial's number and what is settled. Optuna lives here only.

Trial 0 is the constant baseline; the next ones are the other candidates with their defaults, in plan order; from then
on a candidate is drawn by the rank of its best score, and its parameters come from a tree-structured Parzen estimator
(Bergstra et al. 2011, the multivariate form of Falkner et al. 2018, as Optuna has it) over its settled trials.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.params import Choice, Float, Int, Param, ParamValue
from automl.plan import Candidate, Plan, TrialScore
from automl.search.history import History, params_text
from automl.value import derive_seed

_FLOOR = 0.05  # the least probability of a candidate
_FLOORS = 0.2  # what all of these may come to together: with many candidates each has less
_STARTUP = 8  # so many trials of a candidate before its densities are trusted
_REDRAWS = 4
_SMALL = 4096  # spaces up to this size are listed to find what was not asked yet


@dataclass(frozen=True)
class Proposal:
    """A trial to be run."""

    candidate: Candidate
    params: Mapping[str, ParamValue]


def ask(plan: Plan, number: int, history: History) -> Proposal | None:
    """Trial `number`'s candidate and parameters; None where nothing is left to try.

    A parameter set comes twice only where the sampler insists on it in a space too large to list.
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
    sign = -1.0 if history.greater_is_better else 1.0

    def rank(indexed: tuple[int, Candidate]) -> tuple[bool, float, int]:
        best = history.of(indexed[1].id).best
        return (best is None, 0.0 if best is None else sign * best, indexed[0])

    ranked = [candidate for _, candidate in sorted(enumerate(candidates), key=rank)]
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
    asked = history.of(candidate.id).asked
    sampler = _Sampler(candidate, history)
    params: dict[str, ParamValue] = {}
    for attempt in range(_REDRAWS):
        params = sampler.draw(derive_seed(seed, "ask", str(number) if attempt == 0 else f"{number}/{attempt}"))
        if params_text(params) not in asked:
            return params
    if space_size(candidate.space) <= _SMALL:
        left = [one for one in _every_set(candidate.space) if params_text(one) not in asked]
        if left:
            return left[derive_seed(seed, "rest", str(number)) % len(left)]
    return params


class _Sampler:
    """A fresh study in memory, fed with what is settled. Nothing of it outlives the call of `ask`."""

    def __init__(self, candidate: Candidate, history: History) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        self._optuna: Any = optuna
        # In one order, whatever file the plan was read from: a startup draw takes its numbers in this order.
        self._distributions = {name: _distribution(optuna, param) for name, param in sorted(candidate.space.items())}
        direction = "maximize" if history.greater_is_better else "minimize"
        self._study = optuna.create_study(direction=direction, sampler=self._tpe(0))
        for trial in history.lessons(candidate.id):
            if _inside(candidate.space, trial):
                self._teach(trial)

    def draw(self, seed: int) -> dict[str, ParamValue]:
        self._study.sampler = self._tpe(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = self._study.ask(self._distributions).params
        return {name: drawn[name] for name in self._distributions}

    def _tpe(self, seed: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # multivariate sampling was long marked experimental
            return self._optuna.samplers.TPESampler(
                seed=seed, multivariate=True, n_startup_trials=_STARTUP, constant_liar=False
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


def _every_set(space: Mapping[str, Param]) -> Iterator[dict[str, ParamValue]]:
    names = sorted(space)
    for values in itertools.product(*(_domain(space[name]) for name in names)):
        yield dict(zip(names, values, strict=True))


def _domain(param: Param) -> list[ParamValue]:
    if isinstance(param, Choice):
        return list(param.options)
    if isinstance(param, Int):
        return list(range(param.low, param.high + 1))
    return [param.low]
