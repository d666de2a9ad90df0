"""What the driver hands to an executor and what comes back: the contract between search, executors and fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from automl.params import ParamValue
from automl.rows import RowSet


class Outcome(StrEnum):
    """How a unit ended. A trial never raises."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    PRUNED = "pruned"


@dataclass(frozen=True)
class Job:
    """One piece of work: fit a candidate on `fit_rows`, score it on `score_rows`. `key` is the hash of its content.

    `memory_bytes`: its limit. `need_bytes`: what it is predicted to need; a job with neither is never ended for memory.
    """

    key: str
    candidate: str
    params: Mapping[str, ParamValue]
    fit_rows: RowSet
    score_rows: RowSet | None
    timeout_s: float | None = None
    memory_bytes: int | None = None
    need_bytes: int | None = None
    expected_s: float | None = None  # how long the plan expects it to take
    again: bool = False  # its worker died under it; where a refused allocation was the cause, it shall not be refused
    keep: bool = False  # bring States and predictions back (final fits); otherwise scores only
    label: str = ""  # what a person is told that it is, such as 'trial 12, fold 3'


@dataclass(frozen=True)
class Done:
    """A finished job. `value` is what the run function returned (None unless OK); times are measurements."""

    key: str
    outcome: Outcome
    value: object | None = None
    error: str | None = None
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    worker: str = ""
    retried: int = 0  # how often it was started anew because its worker, or its node, died
    crashed: bool = False  # FAILED because the worker died under it, and died again when it was tried anew


@dataclass(frozen=True)
class UnderWay:
    """A job that is being run: for how many seconds, and where, such as 'process 4711' or a node's address."""

    job: Job
    seconds: float
    place: str


@dataclass(frozen=True)
class Activity:
    """What an executor is doing. `news`: what happened to its nodes since it was opened, oldest first.

    `waits_for`: in words, what keeps it from doing more; None where nothing does.
    """

    running: tuple[UnderWay, ...] = ()
    queued: int = 0
    ready: int = 0
    starting: int = 0
    waits_for: str | None = None
    news: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scores:
    """What a scored fit returns: the score after all rounds, and along the boosting path (rounds -> score).

    `curves`: where the metric chooses a threshold, the scores along `catalog.metrics.THRESHOLDS`: a line for each point
    of the path, or one line where there is no path. `score` and `path` are then those at 0.5.
    """

    score: float
    path: tuple[tuple[int, float], ...] = ()
    curves: tuple[tuple[float, ...], ...] = ()


Run = Callable[[Any, Job], object]  # run(context, job): executed in the workers; importable, takes arrays as read-only


class Executor(Protocol):
    """Runs jobs somewhere, each within `timeout_s` and `memory_bytes`. Never raises for a job; knows nothing of fits.

    Constructed with `run: Run` and a picklable `context`, which every worker gets once.
    """

    workers: int

    def submit(self, job: Job) -> None:
        """Queue the job. At most `workers` run at once; the rest wait in order of submission."""

    def wait(self, timeout_s: float | None = None) -> Done | None:
        """The next finished job, in any order; None when nothing finished in time or nothing is under way.

        Raises AutomlError where the workers themselves cannot be kept up.
        """

    def activity(self) -> Activity:
        """What is under way at this moment. From any thread, at once, and without changing anything."""

    def drop(self) -> None:
        """Forget all jobs, queued and under way; nothing of them is ever returned. The workers are free again."""

    def close(self) -> None:
        """End everything that this executor started. Safe to call twice."""
