"""What processes of this machine need when they take over from Ray, made while the search runs."""

from __future__ import annotations

import threading
from contextlib import suppress

from automl.executors.local_worker import Shared
from automl.fit import FitContext, run


class Spare:
    """The table in a file, for workers yet to come: to write a large one takes time, and after a cut there is none."""

    def __init__(self, context: FitContext) -> None:
        self._context = context
        self._shared: Shared | None = None
        self._thread = threading.Thread(target=self._make, name="automl-spare", daemon=True)
        self._thread.start()

    def get(self) -> Shared | None:
        """It, once it is written; None where it could not be: who needs it tries again, and says why."""
        self._thread.join()
        return self._shared

    def close(self) -> None:
        """Give the file up. Safe to call twice."""
        self._thread.join()
        if self._shared is not None:
            self._shared.close()

    def _make(self) -> None:
        with suppress(OSError):
            self._shared = Shared((run, self._context))
