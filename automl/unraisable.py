"""Exceptions raised by signal handlers: one that hits a finalizer cannot leave it, and is raised again later."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unreported(kind: type[BaseException]) -> Iterator[None]:
    """In the block Python does not report exceptions of that kind that finalizers swallow; all others it does."""
    before = sys.unraisablehook

    def report(told: Any) -> None:
        if not issubclass(told.exc_type, kind):
            before(told)

    sys.unraisablehook = report
    try:
        yield
    finally:
        sys.unraisablehook = before
