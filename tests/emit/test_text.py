"""Text of users gets into emitted files through few doors, and comes out as the same text or as harmless text."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.emit.render import environment, template_root
from automl.emit.text import WIDTH, Safe, call, code, ident, literal, markdown, names, plain, prose, tame

HOSTILE = [
    "'",
    '"',
    '"""',
    "\\",
    "\\\n",
    "{{ x }}",
    "{% raw %}",
    "\n# x",
    "\u202e",
    "\x00",
    "\ud800",
    "é" * 300,
    "x" * 10_240,
    "*/",
    "<b>",
    "|",
    "`",
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join)
)
SCALARS = st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner).map(tuple), st.lists(inner), st.dictionaries(TEXTS, inner)),
    max_leaves=12,
)


@given(value=VALUES, indent=st.sampled_from([0, 4, 8]))
def test_a_literal_is_read_back_as_the_value(value: Any, indent: int) -> None:
    read = ast.literal_eval(str(literal(value, indent)))
    assert read == value
    assert repr(read) == repr(value)  # types too: True is not 1


@given(texts=st.frozensets(TEXTS, min_size=1))
def test_a_set_of_texts_is_written_in_sorted_order(texts: frozenset[str]) -> None:
    assert eval(literal(texts), {"frozenset": frozenset}) == texts
    assert literal(texts) == literal(frozenset(sorted(texts, reverse=True)))


@given(text=TEXTS)
def test_markdown_text_is_one_short_line_without_markup(text: str) -> None:
    shown = markdown(text)
    assert "\n" not in shown
    assert not set("<>\x00\u202e").intersection(shown)
    bare = shown
    for escaped in (rf"\{char}" for char in "\\`*_{}[]()#+.!|~$^:/@-"):
        bare = bare.replace(escaped, "")
    assert not set("\\`*_{}[]|").intersection(bare)
    shown.encode("utf-8")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"x", {1, 2}])
def test_what_is_no_literal_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        literal(value)


@pytest.mark.parametrize("door", [ident, plain, prose, code])
@pytest.mark.parametrize("text", ["a\nb", "a\\", "é", "\u202e", "{x}", "`x`", "$(x)"])
def test_the_doors_for_automl_s_own_words_refuse_anything_else(door: Any, text: str) -> None:
    with pytest.raises(ValueError, match="not "):
        door(text)


def test_a_template_cannot_write_a_text_without_a_filter() -> None:
    jinja = environment(template_root())
    assert jinja.from_string("{{ x | literal }}").render(x="a'b") == '''"a'b"'''
    for template in ("{{ x }}", "{{ x ~ 'b' }}", "{{ x | literal | upper }}", "{{ x | join(', ') }}"):
        with pytest.raises(TypeError, match="without a filter"):
            jinja.from_string(template).render(x="a")


def test_only_ordinary_names_are_quoted_in_prose() -> None:
    assert tame("Monthly charges (EUR)")
    assert not any(map(tame, HOSTILE))
    assert isinstance(literal("x"), Safe)


@pytest.mark.parametrize("count", [1, 3, 6, 7, 8, 9, 10, 11, 30])
def test_calls_and_imports_are_broken_as_formatters_do(count: int) -> None:
    """Beyond a line: all items on one line of their own, and beyond that: one a line, with a comma behind the last."""
    items = [f"argument_{i:04d}" for i in range(count)]
    text = f"x = {call('f(' + ', '.join(items) + ')', lead=4, indent=0)}\nfrom m import {names(items, lead=14)}\n"
    assert max(map(len, text.splitlines())) <= WIDTH
    bare = ["ruff", "format", "--isolated", f"--line-length={WIDTH}", "-"]
    done = subprocess.run([sys.executable, "-m", *bare], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == text


def test_calls_and_imports_take_nothing_else() -> None:
    for value in ("f(a)\nimport os", "f(a; b)"):
        with pytest.raises(ValueError):
            call(value, lead=0)
    with pytest.raises(ValueError):
        names(["os, sys"], lead=0)
