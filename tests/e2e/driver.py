"""`automl` as a process to be killed: python -m tests.e2e.driver POINT MARKER ARGUMENTS...

Fits take a random time. At POINT it makes the file MARKER and stays there for ever:
`settled:N`: the ledger on the disk has N settled units; `torn:N`: so, and half of the next line; `package`: before
the package is written; `selected`: the package is there, the ledger does not know; `result`: only result.json is
missing; `nowhere`: it runs on.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from automl.cli.main import main
from tests.e2e.data import RESAMPLES
from tests.e2e.delays import HOLDS, delayed_run, held_run


def hold(marker: Path) -> None:
    """Say that the point is reached, and stay."""
    marker.touch()
    while True:
        time.sleep(3600)


def before(owner: Any, name: str, act: Callable[[], None]) -> None:
    """Let `act` be done before each call of a function or method."""
    inner = getattr(owner, name)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        act()
        return inner(*arguments, **named)

    setattr(owner, name, wrapped)


def stop_at(point: str, marker: Path) -> None:
    """Prepare the stop."""
    from automl import training
    from automl.driver import folder

    kind, _, number = point.partition(":")
    if kind in ("settled", "torn"):
        _stop_in_ledger(int(number), kind == "torn", marker)
    elif kind == "package":
        before(training, "emit_package", lambda: hold(marker))
    elif kind == "written":
        _stop_in_package(int(number), marker)
    elif kind == "selected":
        before(folder.RunFolder, "selected", lambda: hold(marker))
    elif kind == "result":
        before(folder, "write_report", lambda: hold(marker))


def _stop_in_ledger(units: int, torn: bool, marker: Path) -> None:
    from automl.search.ledger import Ledger

    inner = Ledger.write

    def write(ledger: Ledger) -> None:
        enough = ledger.path.read_bytes().count(b'"event":"settled"') >= units if ledger.path.exists() else False
        pending = ledger._end.pending
        if not enough or (torn and not pending):
            inner(ledger)
            return
        if torn:
            assert ledger._descriptor is not None
            os.pwrite(ledger._descriptor, pending[: len(pending) // 2], ledger._end.offset)
        Ledger.write = inner  # type: ignore[method-assign]  # an interrupted driver still writes what it has
        hold(marker)

    Ledger.write = write  # type: ignore[method-assign]


def _stop_in_package(files: int, marker: Path) -> None:
    from automl.emit import write

    class Some(dict[str, bytes]):
        def items(self) -> Any:
            for number, item in enumerate(super().items()):
                if number == files:
                    hold(marker)
                yield item

    inner = write._put
    write._put = lambda files, out: inner(Some(files), out)


if __name__ == "__main__":
    point, marker, *arguments = sys.argv[1:]
    # Whoever is started in the background of a shell, as CI may be, hands down that Ctrl-C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "inline" in arguments:
        sys.modules["ray"] = None  # type: ignore[assignment]  # any import of it fails
    import automl.driver.opening
    import automl.select.interval

    folder = os.environ.get(HOLDS)
    automl.driver.opening.run = delayed_run if folder is None else partial(held_run, folder=folder)
    automl.select.interval.RESAMPLES = RESAMPLES
    stop_at(point, Path(marker))
    sys.exit(main(arguments))
