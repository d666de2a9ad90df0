"""Opens the executor of a run. What takes long to start begins while the spec compiles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from automl.catalog import OPERATORS
from automl.catalog.own_metric import find_function
from automl.compiler.resolve_spec import resolve_run
from automl.driver.options import TrainOptions
from automl.driver.reserve import Finishers
from automl.driver.spare import Spare
from automl.errors import Diagnostic
from automl.executors import open_executor
from automl.executors.address import chosen_address
from automl.executors.settings import ExecutorSettings, cpu_count
from automl.fit import FitContext, run
from automl.jobs import Executor
from automl.plan import Plan
from automl.spec.load import LoadedSpec

# What fits import: where it is there before the first of them, no fit's time and no deadline counts it.
LIBRARIES = (
    "automl.fit",
    *sorted({f"automl.fitting.{operator.module}" for operator in OPERATORS.values() if operator.fitted}),
    *sorted({f"automl.runtime.{operator.module}" for operator in OPERATORS.values()}),
)
SIDE_BY_SIDE = 2  # final fits: those of the winner; the baseline's takes no time
TAKE_OVER_S = 1.5  # until processes of this machine have fitted the baseline in Ray's place
LOCAL_IS_SOONER = "--executor local starts sooner"
RESTART_S = 3.0  # of an actor, on a cluster, whose worker was busy when the search was cut (0013)


class Opening:
    """Starts Ray in a thread of its own, and the process that workers of this machine are forked from."""

    def __init__(self, options: TrainOptions) -> None:
        self._options = options
        self._thread: threading.Thread | None = None
        self._session: Any = None
        self._problem: BaseException | None = None
        self._warm: Any = None
        self._opened: list[Executor] = []
        self._closing: list[threading.Thread] = []
        self._spare: Spare | None = None
        self._closed = False
        self.replaced = False  # Ray, by processes of this machine
        self.name = options.executor or "ray"
        self.address = chosen_address(options.address) if self.name == "ray" else None
        self.threads = 1
        self._own_code: Path | None = None

    def start_for(self, spec: LoadedSpec) -> None:
        """Once the spec is read."""
        said, search = resolve_run(spec.written), spec.written.search
        trial, budget = (search.trial, search.budget) if search else (None, None)
        timed = budget is None or budget.time is not None
        self._own_code = spec.function.file if spec.function else None
        self.start(said.executor, said.address, (trial.cpus if trial else None) or 1, timed)

    def start_for_plan(self, plan: Plan, folder: Path) -> None:
        """Once the plan is read. `folder`: where a user's own metric may lie."""
        if plan.scorer.source is not None:
            with suppress(ValueError):  # told where the plan is loaded
                self._own_code = find_function(plan.scorer.path, folder).file
        search = plan.spec.search
        self.start("ray", None, search.trial.cpus, search.budget.time_s is not None)

    def start(self, name: str, address: str | None, threads: int, timed: bool) -> None:
        """Options win over the spec. `timed`: the spec's budget is one of time, at least."""
        self.name = self._options.executor or name
        self.address = chosen_address(self._options.address, address) if self.name == "ray" else None
        self.threads = threads
        if self._options.trials is not None or self._options.time_s is not None:
            timed = self._options.time_s is not None
        if self.name == "local" or (self.name == "ray" and timed and threads <= cpu_count()):
            from automl.executors.warm import Warm

            self._warm = Warm(threads, LIBRARIES)
        if self.name == "ray":
            self._thread = threading.Thread(target=self._start_ray, name="automl-open", daemon=True)
            self._thread.start()

    def finishers(self) -> Finishers:
        """What the final fits of a search that is cut will run on, as far as that is known by now."""
        workers = self._options.workers or cpu_count() // self.threads or 1
        if self._opened:
            workers = self._opened[-1].workers
        elif self.name == "inline":
            workers = 1
        joined = self._joins and not self.replaced
        return Finishers(min(SIDE_BY_SIDE, workers), RESTART_S if joined else 0.0)

    def executor(self, context: FitContext, left: Callable[[], float] | None) -> Executor:
        """The executor, ready for jobs; `close` ends it. Raises what starting it raised.

        `left`: seconds that may pass until then. Where Ray takes longer, be it a cluster that was joined, processes of
        this machine take its place; not where a fit needs more CPUs than it has.
        """
        if self.name != "ray":
            return self._open(self.name, context, self._options.workers)
        patience = None if left is None or self._warm is None else partial(_all_but, left, TAKE_OVER_S)
        if not self._ray_is_up(None if patience is None else patience()):
            return self._replace_ray(context)
        from automl.executors.ray_tasks import RayExecutor

        opened = RayExecutor(run, context, self._session, owns_session=True, preload=LIBRARIES)
        self._opened.append(opened)
        if patience is None:
            return opened
        if not opened.has_started(patience()):
            return self._replace_ray(context)
        if self._joins:  # its workers do the final fits, too
            self._warm.close()
            self._warm = None
        else:
            self._spare = Spare(context)
        return opened

    def for_final_fits(self, context: FitContext, cut: bool) -> Executor:
        """Where the final fits run, once the search has ended: on its workers. After a cut these may be busy; where
        they are Ray's, and of this machine, others take over and Ray ends meanwhile: to start an actor takes seconds.
        """
        if cut and self.name == "ray" and self._warm is not None and not self.replaced:
            return self._in_place_of_ray(context)
        executor = self._opened[-1]
        executor.drop()
        return executor

    @property
    def _joins(self) -> bool:
        """Whether Ray is a cluster that somebody else has started."""
        return self.name == "ray" and self.address is not None

    def _replace_ray(self, context: FitContext) -> Executor:
        self.replaced = True
        return self._in_place_of_ray(context)

    def _in_place_of_ray(self, context: FitContext) -> Executor:
        workers = self.finishers().workers
        for executor in self._opened:
            self._closing.append(threading.Thread(target=executor.close, name="automl-close", daemon=True))
            self._closing[-1].start()
        return self._open("local", context, workers)

    @property
    def notes(self) -> list[Diagnostic]:
        """What the user should know of the executor, once it is there."""
        if self.replaced:
            late = f"the workers on the cluster {self.address} are" if self._joins else "Ray is"
            text = f"the time budget is over before {late} ready: processes of this machine take over"
            hint = "look for free CPUs there (ray status), or give more time" if self._joins else LOCAL_IS_SOONER
            return [Diagnostic("warning", "RUN009", text, hint=hint)]
        if self._session is None or not self._session.on_disk:
            return []
        text = "/dev/shm is too small for Ray's object store, which lies on the disk instead: workers read slower"
        return [Diagnostic("warning", "EXE031", text, hint="give /dev/shm more room (docker run --shm-size 2g)")]

    def close(self) -> None:
        """End all that was started. Safe to call twice. A Ray that is not up yet ends as soon as it is."""
        self._closed = True
        if self._thread is not None and not self.replaced:
            self._thread.join()
        for thread in self._closing:
            thread.join()
        for executor in self._opened:
            executor.close()
        if self._spare is not None:
            self._spare.close()
        if self._warm is not None:
            self._warm.close()
        if self._session is not None:
            self._session.close()

    def _open(self, name: str, context: FitContext, workers: int | None) -> Executor:
        shared = None if self._spare is None else self._spare.get()
        settings = ExecutorSettings(workers, self.threads, preload=LIBRARIES, warm=self._warm, shared=shared)
        opened = open_executor(name, run, context, settings)
        self._opened.append(opened)
        return opened

    def _ray_is_up(self, timeout_s: float | None) -> bool:
        """Whether it is, once it is or so many seconds have passed. Raises what starting it raised."""
        assert self._thread is not None
        self._thread.join(timeout_s)
        if self._problem is not None:
            raise self._problem
        return self._session is not None

    def _start_ray(self) -> None:
        from automl.executors.session import start_ray

        try:
            self._session = start_ray(self.address, self._options.workers, self.threads, self._own_code)
        except BaseException as problem:  # told where the executor is asked for
            self._problem = problem
        if (self._closed or self.replaced) and self._session is not None:  # nobody waits for it any more
            self._session.close()


def _all_but(left: Callable[[], float], kept_s: float) -> float:
    return max(0.0, left() - kept_s)
