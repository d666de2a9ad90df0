"""Columns, levels and States: what every operator stands on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.fitting.levels import seen_levels
from automl.runtime.columns import Text, floats, level_lookup, row_count, take
from automl.runtime.levels import encode, index_levels
from automl.runtime.state import State, load_state

texts = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "B", "é", "10", "2", "\ud800"])), max_size=30)


def column(values: list[str | None], levels: list[str]) -> Text:
    return Text(np.array([-1 if v is None else levels.index(v) for v in values], dtype=np.int32), tuple(levels))


def shown(text: Text) -> list[str | None]:
    return [None if code < 0 else text.levels[code] for code in text.codes]


@settings(deadline=None)
@given(values=texts, data=st.data())
def test_take_keeps_values_and_only_used_levels(values: list[str | None], data: st.DataObject) -> None:
    levels = data.draw(st.permutations(["", "a", "B", "é", "10", "2", "\ud800", "unused"]))
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=20)) if values else []
    taken = take(column(values, levels), np.array(rows, dtype=np.int64))
    assert isinstance(taken, Text) and shown(taken) == [values[i] for i in rows]
    assert list(taken.levels) == sorted({values[i] for i in rows} - {None})  # type: ignore[type-var]


@settings(deadline=None)
@given(values=texts, data=st.data())
def test_seen_levels_are_sorted_and_counted(values: list[str | None], data: st.DataObject) -> None:
    levels = data.draw(st.permutations(["", "a", "B", "é", "10", "2", "\ud800", "unused"]))
    seen = seen_levels(column(values, levels))
    known = [v for v in values if v is not None]
    assert seen.levels == sorted(set(known)) and seen.counts == [known.count(v) for v in sorted(set(known))]
    assert seen.missing == len(values) - len(known)


def test_a_dictionary_may_hold_a_text_twice() -> None:
    seen = seen_levels(Text(np.array([0, 1, 2], dtype=np.int32), ("b", "a", "b")))
    assert seen.levels == ["a", "b"] and seen.counts == [1, 2]


def test_numbers_are_levels_too() -> None:
    values = np.array([3.0, -0.0, 0.0, np.nan, -1.5, 3.0, np.inf])
    seen = seen_levels(values)
    assert seen.levels == [-1.5, 0.0, 3.0] and seen.counts == [1, 2, 2] and seen.missing == 2
    assert str(seen.levels[1]) == "0.0"
    codes = encode(np.append(values, [7.0, -9.0]), index_levels(seen.levels), unknown=8, missing=9)
    assert codes.tolist() == [2, 1, 1, 9, 0, 2, 9, 8, 8]
    assert encode(values, index_levels([]), unknown=8, missing=9).tolist() == [8, 8, 8, 9, 8, 8, 9]


def test_lookup_of_texts() -> None:
    text = Text(np.array([1, 0, -1], dtype=np.int32), ("new", "old"))
    assert level_lookup(text, {"old": 5}, unknown=7, missing=9).tolist() == [5, 7, 9]
    assert encode(text, index_levels(["a", "old"]), unknown=7, missing=9).tolist() == [1, 7, 9]


def test_numbers_are_not_texts() -> None:
    with pytest.raises(TypeError, match="numbers was expected"):
        floats(Text(np.array([0], dtype=np.int32), ("a",)))
    assert row_count({"a": np.zeros(3), "b": np.zeros(3)}) == 3


def test_states_are_compared_by_content(tmp_path: Path) -> None:
    x = np.arange(6.0).reshape(2, 3)
    state = State(values={"b": 0.1, "a": ["é", None]}, arrays={"x": x}, text="line\r\nend")
    same = State(values={"a": ["é", None], "b": 0.1}, arrays={"x": np.asfortranarray(x)}, text="line\r\nend")
    assert state == same and hash(state) == hash(same) and state.digest() == same.digest()
    assert state != State(values=state.values, arrays={"x": np.zeros((2, 3))}, text=state.text) and state != 1
    for suffix, content in state.files().items():
        (tmp_path / f"s{suffix}").write_bytes(content)
    assert load_state(tmp_path, "s") == state and load_state(tmp_path, "s").text == "line\r\nend"
    with pytest.raises(ValueError):
        State(values={"x": float("nan")}).files()
    with pytest.raises(OSError):
        load_state(tmp_path, "absent")
