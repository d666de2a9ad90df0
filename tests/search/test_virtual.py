"""Virtual time is pure, fair and in order."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.search.virtual import Unit, VirtualTime

COSTS = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.0, 2.5, 7.0]), min_size=1, max_size=60)


def play(slots: int, costs: list[float]) -> list[tuple[float, Unit, float]]:
    """Units 0, 1, 2 ... placed as soon as a slot is free: (virtual end, unit, start)."""
    clock, starts, ended, waiting = VirtualTime(slots), {}, [], list(enumerate(costs))
    while True:
        while clock.free and waiting:
            number, cost = waiting.pop(0)
            unit = Unit(number // 3, 0, number % 3)
            starts[unit] = clock.now
            assert clock.place(unit, cost) == clock.now + cost
        unit_or_none = clock.next_end()
        if unit_or_none is None:
            return ended
        ended.append((clock.now, unit_or_none, starts[unit_or_none]))


@given(st.integers(1, 9), COSTS)
def test_every_unit_ends_once_in_order_of_its_end_then_of_its_number(slots: int, costs: list[float]) -> None:
    ended = play(slots, costs)
    assert sorted(unit for _, unit, _ in ended) == [Unit(i // 3, 0, i % 3) for i in range(len(costs))]
    assert [end for end, _, _ in ended] == sorted(end for end, _, _ in ended)
    for (end_a, unit_a, _), (end_b, unit_b, start_b) in itertools.pairwise(ended):
        assert end_a < end_b or unit_a < unit_b or start_b >= end_a


@given(st.integers(1, 9), COSTS)
def test_never_more_units_than_slots_and_no_slot_idle(slots: int, costs: list[float]) -> None:
    ended = play(slots, costs)
    for moment in {start for _, _, start in ended}:
        assert sum(start < moment < end for end, _, start in ended) <= slots
    total = max(end for end, _, _ in ended)
    assert total <= sum(costs) / slots + max(costs) + 1e-9  # Graham's bound for list scheduling


@given(st.integers(1, 9), COSTS)
def test_equal_calls_equal_answers(slots: int, costs: list[float]) -> None:
    assert play(slots, costs) == play(slots, costs)


def test_what_is_refused() -> None:
    clock = VirtualTime(1)
    for cost in (float("nan"), float("inf"), -1.0):
        with pytest.raises(ValueError, match="finite"):
            clock.place(Unit(0, 0, 0), cost)
    clock.place(Unit(0, 0, 0), 1.0)
    with pytest.raises(ValueError, match="free slot"):
        clock.place(Unit(0, 0, 1), 1.0)
    with pytest.raises(ValueError, match="1 or more"):
        VirtualTime(0)


def test_nothing_running_is_none() -> None:
    assert VirtualTime(2).next_end() is None
