"""What is predicted, which class is the positive one, and what is told where the target does not fit."""

from __future__ import annotations

import pytest

from automl.compiler.decide_task import decide_task
from automl.compiler.draft import Draft
from tests.support.tables import SPEC, Cell, draft_of, errors, loaded_spec

X: list[Cell] = [0.5, 1.5, 2.5, 3.5]


def decided(target: list[Cell], text: str = SPEC) -> Draft:
    """A target under one feature, as long as it needs to be."""
    return decide_task(draft_of({"x": (X * len(target))[: len(target)], "y": target}, text))


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        (["no", "yes", "no", "no"], "binary", ("no", "yes")),
        ([1, 0, 1, 1], "binary", ("1", "0")),
        ([2.5, 7.0, 7.0, 7.0], "binary", ("7", "2.5")),
        ([True, True, False, True], "binary", ("True", "False")),
        (["b", "a", "c", "a"], "multiclass", ("a", "b", "c")),
        ([3, 1, 2, 1], "multiclass", ("1", "2", "3")),
        ([-1, 0, 1, 1], "multiclass", ("-1", "0", "1")),
        (list(range(10)), "multiclass", tuple("0123456789")),
        (list(range(11)), "regression", ()),
        ([0.5, 1.5, 2.0, 2.0], "regression", ()),
        ([None, "no", "yes", "no"], "binary", ("no", "yes")),
    ],
)
def test_the_task_is_decided_from_the_target(target: list[Cell], task: str, classes: tuple[str, ...]) -> None:
    draft = decided(target)
    assert (draft.task, draft.classes, errors(draft)) == (task, classes, [])
    assert draft.decisions[0].subject == "task" and draft.decisions[0].value == task
    assert "the target" in draft.decisions[0].reason


@pytest.mark.parametrize(
    ("task", "target", "classes"),
    [
        ("regression", [3, 1, 2, 1], ()),
        ("multiclass", ["b", "a", "b", "a"], ("a", "b")),
        ("multiclass", [0.5, 1.5, 2.0, 2.0], ("0.5", "1.5", "2")),
    ],
)
def test_the_spec_decides_over_the_target(task: str, target: list[Cell], classes: tuple[str, ...]) -> None:
    draft = decided(target, SPEC + f"task: {task}\n")
    assert (draft.task, draft.classes, errors(draft)) == (task, classes, [])
    assert draft.decisions[0].reason == "as the spec says"


@pytest.mark.parametrize(
    ("target", "positive"),
    [
        (["a", "b", "b"], "a"),
        (["a", "a", "b"], "b"),
        (["a", "b"], "b"),  # equal: the later one
        (["a", "ab"], "ab"),  # a longer label is later than its beginning
        ([1, 10], "10"),
    ],
)
def test_the_positive_class_is_the_rarer_one_and_told(target: list[Cell], positive: str) -> None:
    draft = decided(target)
    told = {decision.subject: decision for decision in draft.decisions}["data.positive"]
    assert draft.classes[1] == positive == told.value
    equal = len(set(target)) == len(target)
    assert told.reason == ("the later of two equal classes" if equal else "the rarer class")


@pytest.mark.parametrize(("written", "positive"), [('"no"', "no"), ("yes", "yes")])
def test_the_positive_class_of_the_spec_wins_untold(written: str, positive: str) -> None:
    draft = decided(["no", "yes", "no"], SPEC + f"  positive: {written}\n")
    assert draft.classes[1] == positive
    assert [d.subject for d in draft.decisions] == ["task"]


@pytest.mark.parametrize("written", ["1", "1.0", '"1"', '"1.0"'])
def test_a_positive_number_is_written_in_any_form(written: str) -> None:
    assert decided([0, 1, 1], SPEC + f"  positive: {written}\n").classes == ("0", "1")


TASK_LINE = 6  # of SPEC with one line behind it


@pytest.mark.parametrize(
    ("code", "target", "last", "place", "words"),
    [
        ("DATA060", ["a", "a", "a"], "", (5, 11), "1 distinct value, so"),
        ("DATA061", ["a", "b", "c"], "task: regression", (TASK_LINE, 7), "is text"),
        ("DATA062", ["a", "b", "c"], "task: binary", (TASK_LINE, 7), "3 distinct values"),
        ("DATA063", [f"l{i}" for i in range(201)], "", (5, 11), "201 classes"),
        ("DATA063", list(range(201)), "task: multiclass", (TASK_LINE, 7), "at most 200"),
        ("DATA064", ["no", "yes"], "  positive: jes", (TASK_LINE, 13), "did you mean 'yes'?"),
        ("DATA064", ["no", "yes"], "  positive: 1", (TASK_LINE, 13), "'no', 'yes'"),
    ],
)
def test_a_target_that_does_not_fit_is_told_at_its_place(
    code: str, target: list[Cell], last: str, place: tuple[int, int], words: str
) -> None:
    (found,) = errors(decided(target, SPEC + (f"{last}\n" if last else "")))
    assert (found.code, found.file, found.line, found.column) == (code, "tiny.yaml", *place)
    assert words in found.message + (found.hint or "")


def test_200_classes_are_not_too_many() -> None:
    assert errors(decided([f"l{i}" for i in range(200)])) == []


def test_a_binary_target_of_one_value_is_told_once() -> None:
    assert [found.code for found in errors(decided([1, 1], SPEC + "task: binary\n"))] == ["DATA060"]


def test_deciding_twice_changes_nothing_but_the_telling() -> None:
    once = decided(["no", "yes", "no"])
    twice = decide_task(once)
    assert (twice.task, twice.classes, twice.findings) == (once.task, once.classes, once.findings)
    assert loaded_spec().written == once.loaded.written
