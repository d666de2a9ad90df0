"""Asking is a pure function of the plan, the number and what is settled."""

from __future__ import annotations

from collections import Counter

import pytest

from automl.params import Choice, Float, Int, Param, ParamValue
from automl.plan import Plan, TrialScore
from automl.search.ask import ask, space_size
from automl.search.history import History
from tests.support.plans import CANDIDATES, SPACE, metric, tiny_candidate, tiny_plan

PLAN = tiny_plan()


def settle(history: History, number: int, candidate: str, params: dict[str, ParamValue], score: float) -> None:
    history.add_asked(candidate, params)
    history.add_settled(TrialScore(number=number, candidate=candidate, params=params, folds=(score,), score=score))


def some_history(count: int = 20, greater: bool = True) -> History:
    history = History(metric(greater))
    for number in range(count):
        params: dict[str, ParamValue] = {
            "model.rate": 0.9 / (number + 1),
            "model.leaves": 2 + number,
            "model.kind": "b",
        }
        settle(history, number, "forest", params, 0.5 + number / 100)
    return history


def test_the_baseline_then_the_defaults_in_plan_order() -> None:
    asked = [ask(PLAN, number, History(metric(True))) for number in range(4)]
    assert [proposal.candidate.id for proposal in asked if proposal] == [c.id for c in CANDIDATES]
    assert [dict(proposal.params) for proposal in asked if proposal] == [c.defaults for c in CANDIDATES]


def test_equal_arguments_equal_proposals_and_seeds_matter() -> None:
    first, second = (ask(PLAN, 30, some_history()) for _ in range(2))
    assert first is not None
    assert first == second
    others = [ask(tiny_plan(seed=seed), 30, some_history()) for seed in range(1, 6)]
    assert any(other != first for other in others)
    assert ask(PLAN, 31, some_history()) != first


def test_proposals_lie_in_the_space() -> None:
    for number in range(4, 30):
        proposal = ask(PLAN, number, some_history())
        assert proposal is not None
        assert proposal.params.keys() == proposal.candidate.space.keys()
        if proposal.candidate.space == SPACE:
            rate, leaves = proposal.params["model.rate"], proposal.params["model.leaves"]
            assert isinstance(rate, float)
            assert isinstance(leaves, int)
            assert 0.001 <= rate <= 1.0
            assert 2 <= leaves <= 256
            assert proposal.params["model.kind"] in ("a", "b", None)


@pytest.mark.parametrize("greater", [True, False])
def test_the_best_candidate_is_asked_most_and_none_is_forgotten(greater: bool) -> None:
    history = History(metric(greater))
    sign = 1.0 if greater else -1.0
    for number, (name, score) in enumerate([("forest", 0.1), ("boosting", 0.9), ("linear", 0.5)]):
        settle(history, number, name, {}, sign * score)
    history.add_asked("constant", {})
    plan = tiny_plan((CANDIDATES[0], *(tiny_candidate(name) for name in ("forest", "boosting", "linear"))))
    counts = Counter(p.candidate.id for n in range(4, 120) if (p := ask(plan, n, history)))
    assert counts["boosting"] > counts["linear"] > counts["forest"] >= 3
    assert counts["constant"] == 0


def test_learning_beats_guessing() -> None:
    """TPE fed with settled trials comes nearer to the optimum than the random start."""
    plan = tiny_plan((CANDIDATES[0], tiny_candidate("forest", space={"x": Float(low=0.0, high=1.0, default=0.9)})))
    history, errors = History(metric(False)), []
    settle(history, 0, "constant", {}, 9.0)
    for number in range(1, 50):
        proposal = ask(plan, number, history)
        assert proposal is not None
        error = abs(float(proposal.params["x"] or 0.0) - 0.3)
        errors.append(error)
        settle(history, number, "forest", dict(proposal.params), error)
    assert sum(errors[-20:]) / 20 < 0.5 * sum(errors[:9]) / 9


def test_a_small_space_is_asked_through_and_then_ends() -> None:
    space = {"a": Choice(options=(1, 2, None), default=1), "b": Int(low=1, high=3, default=1)}
    plan, history, found = tiny_plan((CANDIDATES[0], tiny_candidate("forest", space=space))), History(metric(True)), []
    for number in range(50):
        proposal = ask(plan, number, history)
        if proposal is None:
            break
        found.append((proposal.candidate.id, proposal.params.get("a"), proposal.params.get("b")))
        settle(history, number, proposal.candidate.id, dict(proposal.params), 0.5)
    assert len(found) == len(set(found)) == 1 + 9
    assert space_size(space) == 9
    assert space_size({}) == 1


@pytest.mark.parametrize(
    "space",
    [
        {"a": Int(low=1, high=10**9, default=1), "b": Choice(options=("x", "y"), default="x")},
        {"a": Float(low=0.001, high=1.0, default=0.1, log=True), "b": Choice(options=("x", None), default="x")},
    ],
)
def test_no_set_is_asked_twice_whatever_the_sampler_insists_on(
    space: dict[str, Param], monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = tiny_candidate("forest", space=space)
    plan, history, found = tiny_plan((CANDIDATES[0], candidate)), History(metric(True)), set()
    monkeypatch.setattr("automl.search.ask._Sampler.draw", lambda *_: candidate.defaults)
    for number in range(1, 40):
        proposal = ask(plan, number, history)
        assert proposal is not None
        found.add(tuple(sorted(proposal.params.items())))
        settle(history, number, "forest", dict(proposal.params), 0.5)
        history.add_asked("constant", {})
        assert all(low_to_high(space[name], value) for name, value in proposal.params.items())
    assert len(found) == 39


def low_to_high(param: Param, value: ParamValue) -> bool:
    if isinstance(param, Choice):
        return value in param.options
    return isinstance(value, int if isinstance(param, Int) else float) and param.low <= value <= param.high


def test_only_the_constant_candidate_ends_after_one_trial() -> None:
    plan: Plan = tiny_plan(CANDIDATES[:1])
    history = History(metric(True))
    history.add_asked("constant", {})
    assert ask(plan, 0, History(metric(True))) is not None
    assert ask(plan, 1, history) is None


def test_trials_outside_of_the_space_are_left_out() -> None:
    history = some_history()
    settle(history, 99, "forest", {"model.rate": 5.0, "model.leaves": 3, "model.kind": "b"}, 0.99)
    settle(history, 98, "forest", {"other": 5.0}, 0.99)
    for number in range(4, 12):
        assert ask(PLAN, number, history) is not None
