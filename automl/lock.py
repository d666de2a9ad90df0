"""`automl.lock`: what a result depends on, by spec name. Written by `compile`, honoured by `train`."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from automl.catalog import catalog_digest
from automl.errors import AutomlError, Diagnostic, error
from automl.machine import blas, cpu_class, versions
from automl.plan import Lock, Plan
from automl.value import pretty_json

FILE_NAME = "automl.lock"
_FORMAT = 1


def lock_of(plan: Plan) -> Lock:
    """The lock of a plan on this machine."""
    return Lock(
        spec=plan.search_digest,
        data=plan.data_schema.data_digest,
        rows=plan.rows.digests,
        catalog=catalog_digest(),
        versions=versions(),
        cpu=cpu_class(),
        blas=blas(),
    )


def lock_text(locks: dict[str, Lock]) -> str:
    """The text of a lock file that holds these locks by spec name."""
    return pretty_json(
        {"format": _FORMAT, "specs": {name: lock.model_dump(mode="json") for name, lock in locks.items()}}
    )


def read_locks(path: Path) -> dict[str, Lock]:
    """The locks of a file by spec name; none where there is no file.

    Raises AutomlError (LOCK002) where it cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']!r}, expected {_FORMAT}")
        return {name: Lock.model_validate(lock) for name, lock in content["specs"].items()}
    except (ValueError, KeyError, TypeError, ValidationError) as problem:
        first = str(problem).splitlines()[0]
        raise error(
            "LOCK002", f"{path.name} is not a lock file: {first}", "delete it, or compile with --update"
        ) from problem


def check_lock(plan: Plan, lock: Lock, folder: Path) -> None:
    """Refuse a plan that differs from the lock beside its spec.

    Raises AutomlError: LOCK001 (one diagnostic per difference), LOCK002.
    """
    path = folder / FILE_NAME
    locked = read_locks(path).get(plan.spec.name)
    if locked is None or locked == lock:
        return
    hint = f"if the change is meant, run `automl compile SPEC --update`; else restore what {FILE_NAME} says"
    raise AutomlError(
        [Diagnostic("error", "LOCK001", text, file=str(path), hint=hint) for text in differences(locked, lock)]
    )


def differences(old: Lock, new: Lock) -> list[str]:
    """What differs between two locks, in words."""
    names = {
        "spec": "the spec",
        "data": "the data",
        "rows": "the rows of holdout or folds",
        "catalog": "the catalog of operators",
    }
    found = [
        f"{words} changed since the lock was written"
        for field, words in names.items()
        if getattr(old, field) != getattr(new, field)
    ]
    for name in sorted({*old.versions, *new.versions}):
        before, now = old.versions.get(name, "absent"), new.versions.get(name, "absent")
        found += [f"{name} is {now}, the lock says {before}"] if before != now else []
    for field in ("cpu", "blas"):
        before, now = getattr(old, field), getattr(new, field)
        found += [f"the {field} is {now}, the lock says {before}"] if before != now else []
    return found
