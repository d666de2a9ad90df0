"""Every code that can be told is in docs/reference, once, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from automl.data import codes as data
from automl.emit import codes as emit
from automl.spec import codes as spec

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"[A-Z]{2,5}\d{3}")
SOURCES = sorted(path for path in (ROOT / "automl").rglob("*.py") if path.name != "codes.py")


def texts(source: str) -> Iterator[tuple[int, str]]:
    """Every text of a source that is a code and nothing else, with its line: comments and docstrings name codes too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.lineno, node.value


def documented() -> list[str]:
    """The first cell of every row of the tables."""
    pages = [page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "reference").glob("*.md"))]
    return [code for page in pages for code in re.findall(rf"^\| ({CODE.pattern}) \| \S", page, re.MULTILINE)]


def test_the_codes_of_the_source_are_those_of_the_reference() -> None:
    used = {code: f"{path.relative_to(ROOT)}:{line}" for path in SOURCES for line, code in texts(path.read_text())}
    assert {code: place for code, place in used.items() if code not in documented()} == {}, "told, but not documented"
    assert set(documented()) - set(used) == set(), "documented, but never told"


def test_no_code_is_documented_twice() -> None:
    assert [code for code, count in Counter(documented()).items() if count > 1] == []


def test_codes_in_docstrings_are_real() -> None:
    """A docstring that says what is raised names codes that exist; `DATA001 to DATA014` and `DATA001, 002` alike."""
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        nodes = [n for n in ast.walk(tree) if isinstance(n, (ast.Module, ast.FunctionDef, ast.ClassDef))]
        named = {code for node in nodes for code in re.findall(rf"\b{CODE.pattern}\b", ast.get_docstring(node) or "")}
        assert named - set(documented()) == set(), path


def test_listed_meanings_are_those_of_the_reference() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
    for codes in (spec.CODES, data.CODES, emit.CODES):
        assert [code for code, meaning in codes.items() if f"| {code} | {meaning} |" not in pages] == []


def test_only_whole_texts_count() -> None:
    source = 'error("ABC001", "see ABC002")  # ABC003\nx = f"ABC004"\n"ABC0055"\n'
    assert [code for _, code in texts(source)] == ["ABC001", "ABC004"]
