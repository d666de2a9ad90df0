"""Where jobs run. One line per executor; importing this imports none of them, and never ray."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from automl.errors import error, nearest
from automl.jobs import Executor, Run

# name -> dotted path of `open(run, context, settings) -> Executor`
EXECUTORS: dict[str, str] = {
    "inline": "automl.executors.inline:open_inline",
    "local": "automl.executors.local:open_local",
    "ray": "automl.executors.ray_tasks:open_ray",
}


def open_executor(name: str, run: Run, context: Any, settings: Any) -> Executor:
    """The executor of that name, ready for jobs. `settings` is an `ExecutorSettings` (executors/settings.py).

    Raises AutomlError: EXE001 for an unknown name, and whatever the executor says of its settings.
    """
    if name not in EXECUTORS:
        expected = nearest(name, EXECUTORS) or "one of: " + ", ".join(sorted(EXECUTORS))
        raise error("EXE001", f"there is no executor {name!r}", hint=expected)
    module, _, factory = EXECUTORS[name].partition(":")
    opened: Executor = getattr(import_module(module), factory)(run, context, settings)
    return opened
