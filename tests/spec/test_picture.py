"""How a diagnostic is printed: the carets stand under what they mean, whatever the line is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from automl.errors import Diagnostic


def picture(source: str, column: int, length: int) -> tuple[str, str]:
    text = Diagnostic("error", "X1", "m", "f", 3, column, None, length, source).as_text()
    head, line, carets = text.split("\n")
    assert head == f"f:3:{column}: error[X1] m"
    assert line.startswith("    3 | ") and carets.startswith("      | ")
    return line[8:], carets[8:]


def test_a_tab_stays_a_tab() -> None:
    assert picture("a\tbc", 3, 2) == ("a\tbc", " \t^^")


def test_a_long_line_is_cut_around_the_carets() -> None:
    line, carets = picture("x" * 500 + "wrong" + "y" * 500, 501, 5)
    assert len(line) < 200 and line.startswith("...") and line.endswith("...")
    assert line[carets.index("^") : len(carets)] == "wrong"


@given(st.text(alphabet="ab\t", min_size=1, max_size=400), st.data())
def test_the_carets_are_under_the_characters(source: str, data: st.DataObject) -> None:
    column = data.draw(st.integers(1, len(source)))
    length = data.draw(st.integers(1, len(source) - column + 1))
    line, carets = picture(source, column, length)
    before = carets.index("^")
    shown = line[before : before + carets.count("^")]
    assert shown and source[column - 1 :].startswith(shown.rstrip("."))
    assert len(shown) == min(length, len(shown))
    assert [c == "\t" for c in line[:before]] == [c == "\t" for c in carets[:before]]
