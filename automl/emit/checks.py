"""What a user must change before a package can be emitted. All findings at once."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from automl.errors import AutomlError, Diagnostic
from automl.plan import Plan
from automl.spec.check_package import package_name

NEEDED = frozenset(
    {"automl", "hatchling", "joblib", "lightgbm", "numpy", "pyarrow", "pytest", "scipy", "sklearn", "test", "tests"}
)
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}")
_BLANKS = re.compile(r"\s+")


def check_plan(plan: Plan) -> None:
    """Raise AutomlError with every finding about what a plan would be emitted as."""
    package = plan.spec.package
    found = [*_names(plan.spec.name), *_outputs(plan.classes, plan.spec.data.id)]
    if not _VERSION.fullmatch(package.version):
        found.append(
            _error("EMIT004", f"package.version {_short(package.version)} is no version number", "write it like 1.0.0")
        )
    if not _IMAGE.fullmatch(package.base_image):
        hint = "write it like python:3.11-slim, or with a digest"
        found.append(_error("EMIT005", f"package.base_image {_short(package.base_image)} is no image name", hint))
    if found:
        raise AutomlError(found)


def check_target(out: Path, replace: bool) -> None:
    """Raise AutomlError (EMIT001) where something stands at the place of the new package that may not be replaced."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise AutomlError(_error("EMIT001", f"{out.name} is no folder", "choose another place for the package"))
    if out.exists() and not replace:
        raise AutomlError(
            _error("EMIT001", f"the folder {out.name} exists already", "choose another place, or replace it")
        )
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").is_file():
        raise AutomlError(
            _error("EMIT001", f"the folder {out.name} holds something that is no package", "choose another place")
        )


def _names(name: str) -> Iterator[Diagnostic]:
    module = package_name(name)
    hint = "choose another name in the spec"
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", module):
        yield _error(
            "EMIT002",
            f"name {_short(name)} does not make a Python package",
            "use letters, digits, - and _, a letter first",
        )
    elif keyword.iskeyword(module.lower()) or keyword.issoftkeyword(module.lower()):
        yield _error("EMIT002", f"name {_short(name)} is a keyword of Python", hint)
    elif module.lower() in NEEDED or module.lower() in {entry.lower() for entry in sys.stdlib_module_names}:
        yield _error("EMIT002", f"name {_short(name)} is the name of a module that the package needs", hint)


def output_columns(classes: Iterable[str]) -> tuple[str, ...]:
    """The columns of a prediction file behind the ids."""
    return ("prediction", *(f"probability_{label}" for label in classes))


def _outputs(classes: tuple[str, ...], ids: tuple[str, ...]) -> Iterator[Diagnostic]:
    """Columns of a prediction file that could not be told apart: blanks are often trimmed by what reads such files."""
    seen: set[str] = set()
    named = [(column, column, "rename the id column") for column in ids]
    named += [(column, column, "rename the id column") for column in output_columns(())]
    named += [
        (f"probability_{label}", f"probability_{label.strip()}", "rename a class label or an id column")
        for label in classes
    ]
    for column, shown, hint in named:
        key = _BLANKS.sub(" ", shown).strip()
        if key in seen:
            yield _error("EMIT003", f"two columns of a prediction file would be called {_short(column)}", hint)
        seen.add(key)


def _error(code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic("error", code, message, hint=hint)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
