"""Never a silent wait: a thread that tells what is under way when nothing has happened for a while."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from automl.driver.options import Stage, Waiting, Watch
from automl.jobs import Activity, Executor
from automl.search.events import Event

FIRST_S = 30.0  # of silence until the state is told; then after twice as long each time
_STEP_S = 1.0  # between two looks
DOING = {  # what a stage is the beginning of
    "plan": "search",
    "final": "final fits",
    "score": "scores and their interval on the holdout",
    "emit": "writing the package",
}
SCORED = ("plan", "final", "score")  # where a slow metric may be what is waited for
OF_THE_DRIVER = ("score", "emit")  # stages that wait for no worker


class Silence:
    """Hands events on to `watch`, one at a time, and adds `Waiting` where none comes, and what happened to nodes.

    A thread, for the driver may be anywhere: starting Ray, inside a fit, waiting for a worker. What it tells depends on
    the clock; nothing that the run decides depends on it.
    """

    def __init__(self, watch: Watch) -> None:
        self.doing = "reading the data, making the plan, starting workers"
        self.executor: Executor | None = None
        self.own_metric: str | None = None
        self._watch = watch
        self._told = 0  # news
        self._alone = False  # the driver: what the workers are at is of no interest
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="automl-silence", daemon=True)
        self._heard()

    def __enter__(self) -> Silence:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._tell_news()

    def __call__(self, event: Event | Stage) -> None:
        """Something happened."""
        with self._lock:
            self._heard()
            if isinstance(event, Stage):
                self._enter(event.kind)
            self._watch(event)

    def _enter(self, stage: str) -> None:
        if stage in DOING:
            self.doing, self._alone = DOING[stage], stage in OF_THE_DRIVER
            if stage in SCORED and self.own_metric:
                self.doing += f", by your metric {self.own_metric}"

    def _heard(self) -> None:
        self._since = time.monotonic()
        self._patience = FIRST_S

    def _live(self) -> None:
        while not self._ended.wait(min(_STEP_S, FIRST_S)):
            self._tell_news()
            with self._lock:
                silent = time.monotonic() - self._since
                if silent >= self._patience:
                    self._patience *= 2.0
                    self._watch(Waiting(silent, self.doing, None if self._alone else self._activity()))

    def _activity(self) -> Activity | None:
        executor = self.executor
        return None if executor is None else executor.activity()

    def _tell_news(self) -> None:
        """What happened to nodes since the last look."""
        activity = self._activity()
        if activity is None:
            return
        for text in activity.news[self._told :]:
            self(Stage("note", text))
        self._told = len(activity.news)
