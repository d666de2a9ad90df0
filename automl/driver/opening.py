"""Opens the executor of a run. Ray starts in a thread of its own, so that it is there when the plan is."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from automl.catalog.own_metric import find_function
from automl.compiler.resolve_spec import resolve_run
from automl.driver.options import TrainOptions
from automl.errors import Diagnostic
from automl.executors import open_executor
from automl.executors.address import chosen_address
from automl.executors.settings import ExecutorSettings
from automl.fit import FitContext, run
from automl.jobs import Executor
from automl.plan import Plan
from automl.spec.load import LoadedSpec


class Opening:
    """Starts Ray in a thread of its own, so that it is there when the plan is."""

    def __init__(self, options: TrainOptions) -> None:
        self._options = options
        self._thread: threading.Thread | None = None
        self._session: Any = None
        self._problem: BaseException | None = None
        self.name = options.executor or "ray"
        self.address = chosen_address(options.address) if self.name == "ray" else None
        self.threads = 1
        self._own_code: Path | None = None

    def start_for(self, spec: LoadedSpec) -> None:
        """Once the spec is read."""
        said, search = resolve_run(spec.written), spec.written.search
        trial = search.trial if search else None
        self._own_code = spec.function.file if spec.function else None
        self.start(said.executor, said.address, (trial.cpus if trial else None) or 1)

    def start_for_plan(self, plan: Plan, folder: Path) -> None:
        """Once the plan is read. `folder`: where a user's own metric may lie."""
        if plan.scorer.source is not None:
            with suppress(ValueError):  # told where the plan is loaded
                self._own_code = find_function(plan.scorer.path, folder).file
        self.start("ray", None, plan.spec.search.trial.cpus)

    def start(self, name: str, address: str | None, threads: int) -> None:
        """Options win over the spec."""
        self.name = self._options.executor or name
        self.address = chosen_address(self._options.address, address) if self.name == "ray" else None
        self.threads = threads
        if self.name == "ray":
            self._thread = threading.Thread(target=self._start_ray, name="automl-open", daemon=True)
            self._thread.start()

    def executor(self, context: FitContext) -> Executor:
        """The executor, ready for jobs. Raises what starting it raised."""
        if self.name != "ray":
            return open_executor(self.name, run, context, ExecutorSettings(self._options.workers, self.threads))
        from automl.executors.ray_tasks import RayExecutor

        self._join()
        if self._problem is not None:
            raise self._problem
        return RayExecutor(run, context, self._session, owns_session=True)

    @property
    def notes(self) -> list[Diagnostic]:
        """What the user should know of the executor, once it is there."""
        if self._session is None or not self._session.on_disk:
            return []
        text = "/dev/shm is too small for Ray's object store, which lies on the disk instead: workers read slower"
        return [Diagnostic("warning", "EXE031", text, hint="give /dev/shm more room (docker run --shm-size 2g)")]

    def close(self) -> None:
        """End what was started, where no executor came of it."""
        self._join()
        if self._session is not None:
            self._session.close()

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _start_ray(self) -> None:
        from automl.executors.session import start_ray

        try:
            self._session = start_ray(self.address, self._options.workers, self.threads, self._own_code)
        except BaseException as problem:  # told where the executor is asked for
            self._problem = problem
