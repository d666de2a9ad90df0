"""A user's own metric: found by looking at files, without running any of them, and imported where scores are computed.

It is looked for in what Python finds by itself first (`sys.path`), then in a folder: that of the spec.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib import import_module, invalidate_caches
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class OwnFunction:
    """The file that holds a function, and the hash of its content."""

    file: Path
    source: str


def find_function(path: str, folder: Path | None) -> OwnFunction:
    """The source file of `module.function`. Imports nothing. Raises ValueError that says what is missing."""
    module, _, name = path.rpartition(".")
    invalidate_caches()  # the file may be a moment old
    file = _file_of(module, [*sys.path, *([str(folder.absolute())] if folder is not None else [])])
    try:
        content = file.read_bytes()
        tree = ast.parse(content)
    except (OSError, SyntaxError, ValueError) as problem:
        raise ValueError(f"module {module!r} ({file.name}) cannot be read: {type(problem).__name__}") from None
    if not _defines(tree, name):
        raise ValueError(f"module {module!r} ({file}) has no function {name!r}")
    return OwnFunction(file, digest_of(content))


def digest_of(content: bytes) -> str:
    """`sha256:` and the hash of a source file, whatever its ends of lines."""
    return "sha256:" + hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


@cache
def load_function(path: str, folder: str | None, source: str) -> Callable[..., Any]:
    """Import the function; `folder` goes to the end of `sys.path`. Called where scores are computed, never at compile.

    Raises ValueError where it cannot be imported, or where its file is not the one of that hash.
    """
    module, _, name = path.rpartition(".")
    if folder is not None and folder not in sys.path:
        sys.path.append(folder)
        invalidate_caches()
    try:
        with redirect_stdout(sys.stderr):
            loaded = import_module(module)
        function: Callable[..., Any] = getattr(loaded, name)
        content = Path(str(loaded.__file__)).read_bytes()
    except Exception as problem:
        raise ValueError(f"metric {path} cannot be imported: {type(problem).__name__}: {problem}") from problem
    if digest_of(content) != source:
        raise ValueError(f"metric {path}: {loaded.__file__} is not the file that the plan was compiled with")
    return function


def _file_of(module: str, folders: list[str]) -> Path:
    """Where the module lies; packages around it are looked into, not imported."""
    parts, name = module.split("."), ""
    places: list[str] | None = folders
    for part in parts:
        name = f"{name}.{part}".lstrip(".")
        found = PathFinder.find_spec(name, places)
        if found is None:
            raise ValueError(f"there is no module {name!r} beside the spec, and none is installed")
        places = list(found.submodule_search_locations or [])
    if found is None or found.origin is None or not found.origin.endswith(".py"):
        raise ValueError(f"module {module!r} is no Python file")
    return Path(found.origin)


def _defines(tree: ast.Module, name: str) -> bool:
    """Whether the text of a module seems to give that name: by a definition, an assignment or an import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return True
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
        imports = node.names if isinstance(node, ast.ImportFrom | ast.Import) else []
        if any((item.asname or item.name) in (name, "*") for item in imports):
            return True
    return False
