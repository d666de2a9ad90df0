"""The floors of docs/design/0001-the-house.md, read from the source by ast: imports go down, siblings do not meet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOOR = {
    **dict.fromkeys(("cli", "__main__"), 7),
    **dict.fromkeys(("api", "api_results"), 6),
    **dict.fromkeys(("planning", "driver", "training", "verifying"), 5),
    **dict.fromkeys(("search", "executors", "select", "emit", "report"), 4),
    **dict.fromkeys(("compiler", "tasks", "fit", "jobs", "lock", "measure", "thresholds"), 3),
    **dict.fromkeys(("plan",), 2),
    **dict.fromkeys(("spec", "data", "rows", "cache", "graph", "catalog", "fitting", "machine"), 1),
    **dict.fromkeys(("errors", "value", "kinds", "params", "runtime", "unraisable"), 0),
}
SIBLINGS = {  # importer -> what it may import on its own floor
    "__main__": {"cli"},
    "driver": {"planning"},
    "api": {"api_results"},
    "training": {"planning", "driver"},
    "verifying": {"planning", "driver"},
    "compiler": {"jobs", "tasks"},
    "fit": {"jobs", "tasks", "measure", "thresholds"},
    "thresholds": {"measure"},
    "tasks": {"jobs"},
    "data": {"rows", "spec"},
    "spec": {"catalog"},
    "catalog": {"graph", "rows"},
    "kinds": {"value"},
    "params": {"value"},
}
FILES = sorted((ROOT / "automl").rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module, a package by its own name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything of automl that a file imports, anywhere in it; relative names made absolute."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*parts[: len(parts) + 1 - node.level], *([node.module] if node.module else [])])
            module = base if node.level else node.module or ""
            found = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in found if name.split(".")[0] == "automl")


def part(name: str) -> str:
    return name.split(".")[1]


def relative(path: Path) -> str:
    return path.relative_to(ROOT / "automl").as_posix()


def test_every_module_has_a_floor() -> None:
    parts = {path.relative_to(ROOT / "automl").parts[0].removesuffix(".py") for path in FILES} - {"__init__"}
    assert parts - set(FLOOR) == set()


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_go_down(path: Path) -> None:
    if path == ROOT / "automl" / "__init__.py":
        shown_to_type_checkers = ("automl.api.", "automl.api_results.", "automl.errors.")
        assert all(name.startswith(shown_to_type_checkers) for _, name in imports_of(path))
        return
    own = part(name_of(path))
    wrong = []
    for line, name in imports_of(path):
        if name == "automl.__version__":
            continue
        other = part(name)
        assert other in FLOOR, f"line {line}: {name}: from the package root only __version__ is imported"
        below = FLOOR[other] < FLOOR[own]
        if not (below or other == own or other in SIBLINGS.get(own, set())):
            wrong.append(f"line {line}: {own} (floor {FLOOR[own]}) imports {name} (floor {FLOOR[other]})")
    assert wrong == []


@pytest.mark.parametrize("path", [p for p in FILES if relative(p).startswith(("runtime/", "fitting/"))], ids=relative)
def test_copied_modules_import_what_their_copies_have(path: Path) -> None:
    """runtime/ imports itself relatively; fitting/ imports itself relatively, and automl.runtime by its full name."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1, f"line {node.lineno}: leaves the folder"
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                if name.split(".")[0] == "automl":
                    allowed = relative(path).startswith("fitting/") and name.startswith("automl.runtime.")
                    assert allowed, f"line {node.lineno}: {name}"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_no_open_keyword_arguments(path: Path) -> None:
    """`**kwargs` hides what a function takes from readers, from mypy and from the next change."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.args.kwarg is None, f"line {node.lineno}: {node.name} takes **{node.args.kwarg.arg}"


def test_only_the_command_line_prints() -> None:
    printing = [
        f"{relative(path)}:{node.lineno}"
        for path in FILES
        if not relative(path).startswith(("cli/", "emit/"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_no_import_cycles() -> None:
    """Between modules, at import time: what stands inside functions or under TYPE_CHECKING comes later."""
    graph = {name_of(path): set(_at_import(path)) for path in FILES}
    known: dict[str, int] = {}  # 1: being visited, 2: done

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert known.get(name) != 1, " -> ".join((*trail, name))
        if name in known:
            return
        known[name] = 1
        for other in sorted(graph[name]):
            visit(other, (*trail, name))
        known[name] = 2

    for name in graph:
        visit(name, ())


def _at_import(path: Path) -> Iterator[str]:
    modules = {name_of(file) for file in FILES}
    lines = {node.lineno for node in tree_of(path).body if isinstance(node, (ast.Import, ast.ImportFrom))}
    for line, name in imports_of(path):
        module = name if name in modules else name.rpartition(".")[0]
        if line in lines and module in modules - {name_of(path), "automl"}:
            yield module


def test_the_check_sees_a_wrong_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_architecture.ROOT", tmp_path)
    wrong = tmp_path / "automl" / "search" / "x.py"
    wrong.parent.mkdir(parents=True)
    wrong.write_text("def f():\n    from ..report import page\n    import automl.training\n")
    assert list(imports_of(wrong)) == [(2, "automl.report.page"), (3, "automl.training")]
    with pytest.raises(AssertionError, match=r"search \(floor 4\) imports automl.report.page"):
        test_imports_go_down(wrong)
