"""What the sampler learns from is bounded, and the same however the search came there."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from automl.params import ParamValue
from automl.plan import TrialScore
from automl.search.ask import ask
from automl.search.history import Asked, History
from automl.search.lessons import BEST, SAMPLED, SLACK, Lessons
from tests.support.plans import CANDIDATES, metric, tiny_candidate, tiny_plan

PLAN = tiny_plan((CANDIDATES[0], tiny_candidate("forest")))
SCORES = st.lists(st.sampled_from([i / 10 for i in range(-20, 20)]), max_size=400)


def trial(number: int, score: float) -> TrialScore:
    params: dict[str, ParamValue] = {
        "model.rate": 0.001 + (number * 7919 % 1000) / 1001,
        "model.leaves": 2 + number % 255,
        "model.kind": ("a", "b", None)[number % 3],
    }
    return TrialScore(number=number, candidate="forest", params=params, folds=(score,), score=score)


def lessons_of(scores: list[float], greater: bool) -> Lessons:
    lessons = Lessons(metric(greater))
    for number, score in enumerate(scores):
        lessons.add(trial(number, score))
    return lessons


@given(scores=SCORES, greater=st.booleans())
@example(scores=[(number * 613 % 389) / 389 for number in range(400)], greater=True)
@example(scores=[(number * 613 % 389) / 389 for number in range(400)], greater=False)
def test_few_are_all_learnt_and_many_are_bounded_with_the_best_among_them(scores: list[float], greater: bool) -> None:
    lessons = lessons_of(scores, greater)
    numbers = [one.number for one in lessons.taken]
    assert lessons.count == len(scores)
    if len(scores) <= SAMPLED:
        assert numbers == list(range(len(scores)))
    assert len(numbers) <= BEST + SAMPLED + SLACK
    assert numbers == sorted(set(numbers)), "in the order in which they were settled"
    sign = -1.0 if greater else 1.0
    best = sorted(range(len(scores)), key=lambda number: (sign * scores[number], number))[:BEST]
    assert set(best) <= set(numbers)


def test_the_others_are_a_sample_of_the_whole_search() -> None:
    numbers = [one.number for one in lessons_of([0.0] * BEST + [-1.0] * 4000, True).taken[BEST:]]
    thirds = [sum(BEST + 1333 * i <= number < BEST + 1333 * (i + 1) for number in numbers) for i in range(3)]
    assert min(thirds) > SAMPLED // 6, thirds


@given(count=st.integers(0, 1000))
def test_the_good_part_is_that_of_all_trials(count: int) -> None:
    lessons = Lessons(metric(True))
    lessons.count = count
    assert lessons.good_part(7) == min(-(-count // 10), BEST)


def test_equal_histories_propose_the_same_however_they_came_about() -> None:
    """With and without a sampler that was kept, before and after trials are taken out."""
    count = SAMPLED + SLACK + 60
    grown = _history([])
    for number in range(1, count):
        _settle(grown, number)
        if number % 8 == 0 or number > count - 4:
            assert ask(PLAN, number, grown) is not None
        if number in (SAMPLED - 5, SAMPLED + SLACK, count - 1):
            made = _history(list(range(1, number + 1)))
            assert ask(PLAN, 5000, made) == ask(PLAN, 5000, grown)
            assert ask(PLAN, 5001, grown) == ask(PLAN, 5001, made), "asking changes nothing"


def _history(numbers: list[int]) -> History:
    history = History(metric(True))
    history.add_asked("constant", {})
    for number in numbers:
        _settle(history, number)
    return history


def _settle(history: History, number: int) -> None:
    one = trial(number, (number * 613 % 389) / 389 + number / 1000)
    history.add_asked(one.candidate, one.params)
    history.add_settled(one)


@given(values=st.lists(st.integers(0, 50), max_size=80))
def test_what_was_asked_is_known_by_its_hash(values: list[int]) -> None:
    asked = Asked()
    for value in values:
        asked.add({"x": value, "y": None})
    assert len(asked) == len(set(values))
    assert all(({"y": None, "x": value} in asked) == (value in values) for value in range(51))
