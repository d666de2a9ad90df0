"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from automl.errors import writing


def write_whole(path: Path, text: str | Iterable[str]) -> None:
    """Write UTF-8 text, whole or in pieces, to a temporary name in the same folder, then rename.

    Raises OSError, with `path` as its file.
    """
    with writing(path):
        _write_whole(path, text)


def _write_whole(path: Path, text: str | Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, place = tempfile.mkstemp(prefix=f".{path.name[:50]}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
            out.writelines([text] if isinstance(text, str) else text)
        mask = os.umask(0)
        os.umask(mask)
        Path(place).chmod(0o666 & ~mask)  # mkstemp makes files private; these are for everyone whom umask allows
        Path(place).replace(path)
    except BaseException:
        Path(place).unlink(missing_ok=True)
        raise
