"""Checks of the name and of what is emitted: these texts end up in file names, a wheel and a container file."""

from __future__ import annotations

import keyword
import re
import sys
from typing import Final

from automl.spec.findings import Findings
from automl.spec.places import Path, quoted
from automl.spec.written import WrittenPackage

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){0,3}((a|b|rc)[0-9]{1,8})?", re.ASCII)
# registry/name:tag@digest as container tools read it: nothing that could end a line or begin an option.
_IMAGE: Final = re.compile(
    r"[a-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
# What the package, its tests, its server or its training import, beside the standard library.
_NEEDED: Final = frozenset(
    {
        "automl", "test", "tests", "numpy", "lightgbm", "pyarrow", "scipy", "sklearn", "pandas", "polars", "joblib",
        "threadpoolctl", "fastapi", "starlette", "uvicorn", "pydantic", "pydantic_core", "anyio", "pytest", "yaml",
        "setuptools", "pip", "hatchling", "wheel", "ray", "optuna", "src", "scoring", "fitting",
    }
)  # fmt: skip
_TARGETS_NOW: Final = ("python", "docker")


def package_name(name: str) -> str:
    """The name of the Python package of a spec's name."""
    return name.replace("-", "_")


def check_name(name: str, findings: Findings) -> None:
    """Letters, digits, - and _, and no name that would hide a module."""
    if not _NAME.fullmatch(name):
        message = f"name: expected letters, digits, - and _, a letter first, at most 64, found {quoted(name)}"
        proposal = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")
        hint = f"for example {proposal[:64]}" if proposal and _NAME.fullmatch(proposal[:64]) else None
        findings.error("SPEC031", ("name",), message, hint)
        return
    package = package_name(name)
    if keyword.iskeyword(package):
        findings.error("SPEC031", ("name",), f"name: {quoted(name)} is a word of Python", f"for example my-{name}")
    elif package.lower() in _NEEDED or package.lower() in {module.lower() for module in sys.stdlib_module_names}:
        message = f"name: {quoted(name)} is the name of a module that the package needs"
        findings.error("SPEC032", ("name",), message, f"for example my-{name}")


def check_package(package: WrittenPackage | None, findings: Findings) -> None:
    """The part `package`."""
    if package is None:
        return
    path: Path = ("package",)
    if package.version is not None and not _VERSION.fullmatch(package.version):
        message = f"package.version: expected a version number such as 1.0.0, found {quoted(package.version)}"
        findings.error("SPEC058", (*path, "version"), message)
    if package.base_image is not None and not _IMAGE.fullmatch(package.base_image):
        message = f"package.base_image: expected the name of an image, found {quoted(package.base_image)}"
        findings.error("SPEC059", (*path, "base_image"), message, "such as python:3.11-slim")
    findings.not_empty((*path, "targets"), package.targets)
    findings.no_doubles((*path, "targets"), package.targets or ())
    for i, target in enumerate(package.targets or ()):
        if target not in _TARGETS_NOW:
            findings.later((*path, "targets", i), f"the target {target}", "python and docker are")
    if package.sign is not None:
        findings.later((*path, "sign"), "signing a package")
