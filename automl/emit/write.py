"""Plan and winner -> a package folder: rendered, checked, and put in its place by one rename."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from automl.emit.assemble import package_files
from automl.emit.checks import check_plan, check_target
from automl.emit.manifest import NAME, package_digest
from automl.emit.request import EmitRequest, Emitted
from automl.errors import writing


def emit_package(request: EmitRequest, out: Path, replace: bool = False) -> Emitted:
    """Write the package to the folder `out`: wholly, or not at all. Equal requests give equal bytes.

    An existing package is replaced only if `replace`. Raises AutomlError (EMIT0xx) with all that the user must change.
    """
    check_plan(request.plan)
    check_target(out, replace)
    files, warnings = package_files(request)
    _put(files, out)
    return Emitted(out, package_digest(files[NAME]), tuple(files), warnings)


def _put(files: Mapping[str, bytes], out: Path) -> None:
    """Write to a temporary folder beside `out`, then rename it there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        fresh = made / "new"
        for path, content in files.items():
            place = fresh / path
            with writing(out / path):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        try:
            if out.exists():
                out.rename(made / "old")
            fresh.rename(out)
        except BaseException:  # Ctrl-C, too
            if (made / "old").exists() and not out.exists():
                (made / "old").rename(out)
            raise
        _settle(out.parent)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Make the rename last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
