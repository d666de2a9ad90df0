"""Jinja2 lives here and nowhere else: finds the templates, renders a tree of them, checks what is Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from automl.emit.text import Safe, call, code, ident, literal, markdown, names, plain, prose

SUFFIX = ".jinja"
PACKAGE_FOLDER = "__package__"  # stands for the package's name in the path of a template


def template_root() -> Path:
    """The folder of templates: inside the installed package, or beside it in a checkout. Raises FileNotFoundError."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "templates", package.parent / "templates"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("automl was installed without its templates")


@cache
def environment(root: Path) -> Environment:
    """One for each folder: it keeps the templates that it has compiled.

    Undefined names are errors, and so is every expression whose text did not pass one of the filters.
    """
    made = Environment(
        loader=FileSystemLoader(root, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence="\n",
        finalize=_refuse_raw,
    )
    made.filters.update(call=call, code=code, ident=ident, literal=literal, markdown=markdown)
    made.filters.update(names=names, plain=plain, prose=prose)
    return made


def _refuse_raw(value: Any) -> Any:
    """Only `Safe` text and whole numbers are written."""
    if isinstance(value, Safe) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError(f"a template writes {type(value).__name__} {value!r:.60} without a filter")


def template_names(root: Path, folder: str) -> Iterator[str]:
    """The templates of one target, sorted, as paths relative to `root`."""
    for path in sorted((root / folder).rglob("*" + SUFFIX)):
        yield path.relative_to(root).as_posix()


def render_target(folder: str, name: str, context: Mapping[str, Any]) -> dict[str, bytes]:
    """Every template of one target: the emitted path -> its bytes. The tree of templates mirrors the emitted tree."""
    root = template_root()
    jinja = environment(root)
    found = {}
    for template in template_names(root, folder):
        path = template.removeprefix(folder + "/").removesuffix(SUFFIX).replace(PACKAGE_FOLDER, ident(name))
        text = jinja.get_template(template).render(context)
        if path.endswith(".py"):
            check_python(path, text)
        found[path] = text.encode("utf-8")
    return found


def check_python(path: str, text: str) -> None:
    """Parse and compile. Raises SyntaxError: a bug of the templates, never of the user."""
    compile(ast.parse(text, filename=path), path, "exec", dont_inherit=True)
