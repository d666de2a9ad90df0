"""Copies of automl's own modules: what a winner needs of `runtime/` and `fitting/`, found by reading imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import automl.fitting
import automl.runtime

Home = Literal["runtime", "fitting"]
_FOLDERS = {"runtime": automl.runtime.__path__, "fitting": automl.fitting.__path__}
_TARGETS = {"runtime": "scoring", "fitting": "fitting"}
_INITS = {
    "runtime": '"""What prediction needs: verbatim copies of automl.runtime, the code that scored the trials."""\n',
    "fitting": '"""What `refit` needs: copies of automl.fitting, the code that fitted the trials."""\n',
}


def copied_sources(runtime: Iterable[str], fitting: Iterable[str]) -> dict[str, bytes]:
    """`scoring/x.py` and `fitting/x.py` -> bytes: these modules, and whatever of the two packages they import.

    In `fitting`, `automl.runtime` becomes `..scoring`; nothing else is changed.
    Raises ValueError where a module imports another part of automl.
    """
    todo: list[tuple[Home, str]] = [("runtime", name) for name in runtime] + [("fitting", name) for name in fitting]
    found: dict[str, bytes] = {}
    homes: set[Home] = set()
    while todo:
        home, name = todo.pop()
        path = f"{_TARGETS[home]}/{name}.py"
        if path in found:
            continue
        text, needed = _adapted(home, name)
        found[path] = text.encode("utf-8")
        todo += needed
        homes.add(home)
    for home in homes:
        found[f"{_TARGETS[home]}/__init__.py"] = _INITS[home].encode("utf-8")
    return dict(sorted(found.items()))


@cache
def _adapted(home: Home, name: str) -> tuple[str, tuple[tuple[Home, str], ...]]:
    """The text of a module as it is emitted, and the modules it imports."""
    text = _read(home, name)
    lines = text.splitlines(keepends=True)
    needed: list[tuple[Home, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import) and any(item.name.split(".")[0] == "automl" for item in node.names):
            raise ValueError(f"automl.{home}.{name} must import automl's modules with 'from'")
        if not isinstance(node, ast.ImportFrom):
            continue
        needed += _imported(home, name, node)
        if node.level == 0 and (node.module or "").split(".")[0] == "automl":
            lines[node.lineno - 1] = lines[node.lineno - 1].replace("from automl.runtime", "from ..scoring", 1)
    return "".join(lines), tuple(needed)


def _imported(home: Home, name: str, node: ast.ImportFrom) -> list[tuple[Home, str]]:
    module = node.module or ""
    if node.level == 1:
        return [(home, module.split(".")[0])] if module else [(home, item.name) for item in node.names]
    if node.level == 0 and module.split(".")[0] == "automl":
        parts = module.split(".")
        if home != "fitting" or parts[1:2] != ["runtime"]:
            raise ValueError(f"automl.{home}.{name} must not import {module}")
        return [("runtime", parts[2])] if len(parts) > 2 else [("runtime", item.name) for item in node.names]
    if node.level > 1:
        raise ValueError(f"automl.{home}.{name} must not import from above its package")
    return []


def _read(home: Home, name: str) -> str:
    for folder in _FOLDERS[home]:
        path = Path(folder) / f"{name}.py"
        if path.is_file():
            return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    raise ValueError(f"there is no module automl.{home}.{name}")
