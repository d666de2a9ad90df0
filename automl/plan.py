"""What the compiler makes and everything later reads: Plan, Candidate, Winner, Lock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from automl.catalog.metrics import METRICS, Metric, at_level
from automl.catalog.operator import TaskName
from automl.data.schema import Schema
from automl.graph import Graph
from automl.params import Param, ParamValue
from automl.rows import RowSet, Split
from automl.spec.model import MetricOptions, TaskSpec
from automl.value import Value, digest_json

PLAN_FORMAT = 2
LOCK_FORMAT = 1
BASELINE = 0  # the number of the baseline's trial


class Decision(Value):
    """Something the compiler chose: what, which value, and why."""

    subject: str
    value: str
    reason: str


class Forecast(Value):
    """What one fit is predicted to take: CPU seconds on one core, and bytes of memory beyond the table."""

    cpu_s: float
    memory_bytes: int


class Candidate(Value):
    """One pipeline to search over: its graph, its free parameters (`node.param`), what a fold's whole fit will cost."""

    id: str
    family: str
    graph: Graph
    space: Mapping[str, Param]
    forecast: Forecast
    first_rung: int = 0  # where its trials begin: rungs before it would save next to nothing

    @property
    def defaults(self) -> dict[str, ParamValue]:
        """The parameters of the first trial of this candidate."""
        return {name: param.default for name, param in self.space.items()}


class RowPlan(Value):
    """Who is fitted on what: the holdout, the folds inside the rest, the folds inside a fit (for cross-fitting)."""

    holdout: Split | None
    folds: Split
    inner: Split
    digests: Mapping[str, str] = {}  # of the resolved holdout and folds

    @property
    def dev(self) -> RowSet:
        """The rows that the search may see."""
        return RowSet().part(self.holdout, 0, "in") if self.holdout else RowSet()

    @property
    def whole(self) -> RowSet:
        """What the final model is fitted on: all rows; but never those of a test file of its own."""
        return self.dev if self.holdout is not None and self.holdout.kind == "file" else RowSet()

    @property
    def held_out(self) -> RowSet | None:
        """The rows that are touched once, at the end; None where there is no holdout."""
        return RowSet().part(self.holdout, 0, "out") if self.holdout else None

    @property
    def fold_count(self) -> int:
        """How many folds a trial has."""
        assert self.folds.folds is not None
        return self.folds.folds

    def fold(self, index: int, side: Literal["in", "out"]) -> RowSet:
        """One side of one validation fold."""
        return self.dev.part(self.folds, index, side)


class Rung(Value):
    """A step of the race that trials run: which folds are fitted, and how much of them.

    `fit` and `score`: samples of the rows that a fold is fitted and scored on; None: all of them. `rounds`: the share
    of a trial's boosting rounds. `share`: what a unit is predicted to cost, as a share of a whole fit.
    """

    folds: tuple[int, ...]
    fit: Split | None = None
    score: Split | None = None
    rounds: float = 1.0
    share: float = 1.0

    @property
    def whole(self) -> bool:
        """Whether its scores count: nothing of its folds is left out."""
        return self.fit is None and self.score is None and self.rounds == 1.0

    def fit_rows(self, rows: RowPlan, fold: int) -> RowSet:
        """What one of its folds is fitted on."""
        return _sample(rows.fold(fold, "in"), self.fit)

    def score_rows(self, rows: RowPlan, fold: int) -> RowSet:
        """What one of its folds is scored on."""
        return _sample(rows.fold(fold, "out"), self.score)


class Plan(Value):
    """The compiled spec: typed, choice-free candidates, rows, metric. A pure function of spec, data and versions."""

    format: int = PLAN_FORMAT
    spec: TaskSpec
    data_schema: Schema
    task: TaskName
    classes: tuple[str, ...]  # canonical labels in the order of the probability columns; binary: (negative, positive)
    metric: str
    rows: RowPlan
    rungs: tuple[Rung, ...]  # cheap ones first; each fold is whole in exactly one of them
    candidates: tuple[Candidate, ...]  # the first one is the constant baseline
    decisions: tuple[Decision, ...]
    floor_s: float  # the shortest time budget that still gives a package, on workers that are there already

    def candidate(self, candidate_id: str) -> Candidate:
        """The candidate of that id. Raises KeyError."""
        for candidate in self.candidates:
            if candidate.id == candidate_id:
                return candidate
        raise KeyError(candidate_id)

    @property
    def scorer(self) -> Metric:
        """The metric that is optimised, with its level; a user's own as the spec describes it."""
        return scorer_of(self.metric, self.spec.metric_options, self.task)

    def scorer_of(self, name: str) -> Metric:
        """A metric that a criterion names: the optimised one, or another one of the catalog. Raises KeyError."""
        return self.scorer if name == self.metric else METRICS[name]

    @property
    def search_digest(self) -> str:
        """The hash of all that can change a trial's result: not the budget, nor what is emitted, nor where it runs."""
        shown = self.model_dump(mode="json", exclude={"decisions", "floor_s"})
        for part in ("accept", "package", "ensemble"):
            shown["spec"].pop(part, None)
        shown["spec"]["search"].pop("budget")
        if shown["spec"]["metric_options"] is None:
            shown["spec"].pop("metric_options")
        return digest_json(shown)


def _sample(rows: RowSet, split: Split | None) -> RowSet:
    return rows if split is None else rows.part(split, 0, "in")


def scorer_of(name: str, options: MetricOptions | None, task: TaskName) -> Metric:
    """The metric of that name at the level of the spec; or the declaration of a user's own function.

    A user's function of labels chooses the threshold of two classes.
    """
    if options is None or options.source is None:
        return at_level(METRICS[name], None if options is None else options.level)
    needs = options.needs or "value"
    return Metric(
        name=name,
        path=name,
        greater_is_better=options.direction == "maximise",
        needs=needs,
        tasks=frozenset({task}),
        title="a function of the user's own",
        chooses_threshold=needs == "label",
        source=options.source,
    )


class TrialScore(Value):
    """A settled trial: its parameters, the score of each fold, their mean, and what the folds chose.

    `rounds`: of boosting. `threshold`: the probability from which on a row is labelled positive; None where the metric
    chooses none.
    """

    number: int
    candidate: str
    params: Mapping[str, ParamValue]
    folds: tuple[float, ...]
    score: float
    rounds: int | None = None
    threshold: float | None = None


class Winner(Value):
    """What is emitted: one trial's recipe, with the number of rounds carried over."""

    trial: TrialScore
    holdout_score: float | None = None


class Lock(Value):
    """What a result depends on: written by `compile`, honoured by `train`."""

    format: int = LOCK_FORMAT
    spec: str  # digest of the resolved spec's search-relevant part
    data: str
    rows: Mapping[str, str]
    catalog: str
    versions: Mapping[str, str]
    cpu: str
    blas: str
