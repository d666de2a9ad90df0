"""Names of columns: every one once, and in no more time than there are names."""

from __future__ import annotations

from automl.runtime.field_names import field_names


def test_every_name_once() -> None:
    assert field_names(["a", "", "a", "a_2", "a", ""]) == ("a", "column_2", "a_3", "a_2", "a_4", "column_6")


def test_a_name_many_times_is_counted_once() -> None:
    """This took hours when each counted up from 2: a request of a few kB stopped a service."""
    names = field_names(["a"] * 200_000)
    assert len(set(names)) == 200_000 and names[-1] == "a_200000"
