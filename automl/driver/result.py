"""result.json of a run: whether it can be read as one of ours, and whether the package that it names still stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from automl.emit.manifest import NAME, manifest_differences, package_digest

RESULT, PACKAGE = "result.json", "package"


class _Member(BaseModel):
    candidate: str
    weight: float


class _Winner(BaseModel):
    members: list[_Member]


class _Result(BaseModel):
    """What is read of a result by those who take it for the end of a run; there is more in it."""

    name: str
    run: str
    package: str
    digest: str
    metric: str
    validation_score: float
    holdout_score: float | None
    trials: dict[str, int]
    wall_s: float
    winner: _Winner


def read_result(run: Path) -> Mapping[str, Any] | None:
    """The content of result.json in the folder of a run; None where there is none, or none that a run has written."""
    try:
        found = json.loads((run / RESULT).read_text(encoding="utf-8"))
        _Result.model_validate(found)
    except (OSError, ValueError, ValidationError, RecursionError):
        return None
    return dict(found)


def package_damage(run: Path, digest: str) -> str | None:
    """What keeps the package in the folder of a run from being the one with that digest, in words; None: nothing."""
    package = run / PACKAGE
    try:
        found = package_digest((package / NAME).read_bytes())
        wrong = manifest_differences(package) if found == digest else [f"{NAME} is not the one that was emitted"]
    except OSError:
        return f"there is no package in {package}"
    if not wrong:
        return None
    more = f", and {len(wrong) - 1} more differences" if len(wrong) > 1 else ""
    return f"the package {package} was changed: {wrong[0]}{more}"
