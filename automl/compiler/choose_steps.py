"""Pass: the candidates. Each is a family of estimators behind the steps that its columns need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automl.catalog import FAMILIES, OPERATORS
from automl.compiler.draft import Draft
from automl.data.schema import ColumnInfo
from automl.graph import SOURCE, Graph, Node
from automl.kinds import Kind
from automl.plan import Candidate, Forecast

ONE_HOT_LEVELS = 64  # a category with more levels is target-encoded for linear models
CODE_LEVELS = 255  # a category with more levels is target-encoded for trees
CODES_AS_LEVELS = 32  # whole numbers with at most so many values are one-hot encoded beside being numbers
MANY_ROUNDS, SMALL_TABLE = 800, 20_000  # small tables are boosted longer than the catalog says: it costs little there
FEWEST_ROUNDS, MOST_TREES = 100, 4000
FEW_LEVELS = 2  # with so few levels, target encoding says no more than a code

CATEGORY_PARAMS = ("cat_l2", "cat_smooth", "max_cat_to_onehot")  # of LightGBM, for category codes only

NUMERIC = (Kind.NUMERIC, Kind.INTEGER, Kind.BOOLEAN)


def choose_steps(draft: Draft) -> Draft:
    """One candidate for the baseline, then one or two for every family of the spec."""
    features = _features(draft)
    if not features:
        message = "no column is left to learn from: all are the target, ids, ignored or dropped"
        return draft.find(
            draft.loaded.places.diagnostic(
                "error", "DATA068", ("data",), message, "see the reasons in the table of columns"
            )
        )
    candidates = [_baseline(draft, features)]
    for family in draft.resolved.search.families:
        for builder in BUILDERS.get(family, ()):
            candidate = builder(_Pipeline(draft, features), family)
            candidates += [candidate] if candidate else []
    names = ", ".join(c.id for c in candidates)
    draft = draft.decide(
        "candidates",
        names,
        f"families {', '.join(draft.resolved.search.families)}, behind the steps that the columns need",
    )
    return replace(draft, candidates=tuple(candidates))


def _features(draft: Draft) -> tuple[ColumnInfo, ...]:
    """Feature columns, and the time column as well: its parts are known when a prediction is asked for."""
    return draft.schema.with_role("feature", "time")


class _Pipeline:
    """Collects nodes in topological order under readable ids."""

    def __init__(self, draft: Draft, features: tuple[ColumnInfo, ...]) -> None:
        self.draft = draft
        self.features = features
        self.nodes: list[Node] = []

    def source(self, node_id: str, op: str, columns: list[ColumnInfo], params: Mapping[str, Any] | None = None) -> str:
        """A step that reads raw columns."""
        names = tuple(c.name for c in columns)
        return self._add(Node(id=node_id, op=op, inputs=(SOURCE,), columns=names, params=self._policies(op, params)))

    def step(self, node_id: str, op: str, inputs: list[str], params: Mapping[str, Any] | None = None) -> str:
        """A step that reads matrices."""
        return self._add(Node(id=node_id, op=op, inputs=tuple(inputs), params=self._policies(op, params)))

    def join(self, parts: list[str]) -> str:
        """All parts side by side."""
        return parts[0] if len(parts) == 1 else self.step("join", "join", parts)

    def finish(self, candidate_id: str, family: str) -> Candidate:
        """The candidate, its free parameters from the catalog."""
        space = {
            f"{n.id}.{name}": param
            for n in self.nodes
            for name, param in OPERATORS[n.op].space.items()
            if name not in n.params
        }
        graph = Graph(nodes=tuple(self.nodes))
        return Candidate(
            id=candidate_id, family=family, graph=graph, space=space, forecast=Forecast(cpu_s=0.0, memory_bytes=0)
        )

    def of_kind(self, *kinds: Kind) -> list[ColumnInfo]:
        """The features of these kinds, in table order."""
        return [c for c in self.features if c.kind in kinds]

    def estimator(self, family: str) -> str:
        """The operator of that family for the task."""
        assert self.draft.task is not None
        return FAMILIES[family].estimators[self.draft.task]

    def _add(self, node: Node) -> str:
        self.nodes.append(node)
        return node.id

    def _policies(self, op: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
        """What the operator fixes, what the spec says of categories and numbers never seen, and the step's own."""
        fixed = dict(OPERATORS[op].fixed)
        package = self.draft.resolved.package
        policies = {"unknown_category": package.unknown_category, "missing_numeric": package.missing_numeric}
        return {**fixed, **{name: value for name, value in policies.items() if name in fixed}, **(params or {})}


def _baseline(draft: Draft, features: tuple[ColumnInfo, ...]) -> Candidate:
    """The constant: class shares, or the mean. It reads one column, to know how many rows there are."""
    pipeline = _Pipeline(draft, features)
    pipeline.source("constant", "constant", [features[0]])
    return pipeline.finish("constant", "constant")


def _linear(pipeline: _Pipeline, family: str) -> Candidate:
    """Scaled numbers, one column per level of few-valued columns, target means of the others."""
    levels = [c for c in pipeline.of_kind(Kind.CATEGORICAL) if c.distinct <= ONE_HOT_LEVELS]
    levels += [c for c in pipeline.of_kind(Kind.INTEGER) if c.distinct <= CODES_AS_LEVELS]
    many = [c for c in pipeline.of_kind(Kind.CATEGORICAL) if c.distinct > ONE_HOT_LEVELS]
    parts = []
    if numbers := pipeline.of_kind(*NUMERIC):
        inner = pipeline.source("numbers", "numbers", numbers)
        if any(c.missing for c in numbers):
            inner = pipeline.step("impute", "impute", [inner])
        parts.append(pipeline.step("scale", "standardise", [inner]))
    if dates := pipeline.of_kind(Kind.DATETIME):
        inner = pipeline.source("dates", "date_parts", dates)
        if any(c.missing for c in dates):
            inner = pipeline.step("impute_dates", "impute", [inner])
        parts.append(pipeline.step("scale_dates", "standardise", [inner]))
    if many:
        parts.append(pipeline.step("scale_means", "standardise", [pipeline.source("means", "target_mean", many)]))
    if levels:
        parts.append(pipeline.source("levels", "one_hot", levels))
    estimator = pipeline.estimator(family)
    pipeline.step(estimator, estimator, [pipeline.join(parts)])
    return pipeline.finish("linear", family)


def _trees(pipeline: _Pipeline, family: str) -> Candidate:
    """Category codes handled by the trees themselves; target means only for categories with very many levels."""
    codes = [c for c in pipeline.of_kind(Kind.CATEGORICAL) if c.distinct <= CODE_LEVELS]
    many = [c for c in pipeline.of_kind(Kind.CATEGORICAL) if c.distinct > CODE_LEVELS]
    return _boosted(pipeline, family, "lightgbm", codes, many)


def _trees_on_means(pipeline: _Pipeline, family: str) -> Candidate | None:
    """Every category with more than two levels as its cross-fitted target mean. None where none gains by it."""
    categories = pipeline.of_kind(Kind.CATEGORICAL)
    means = [c for c in categories if c.distinct > FEW_LEVELS]
    if not any(c.distinct <= CODE_LEVELS for c in means):
        return None  # the plain candidate does the same
    return _boosted(pipeline, family, "lightgbm_means", [c for c in categories if c.distinct <= FEW_LEVELS], means)


def _boosted(
    pipeline: _Pipeline, family: str, name: str, codes: list[ColumnInfo], means: list[ColumnInfo]
) -> Candidate:
    parts = [pipeline.source("codes", "ordinal", codes)] if codes else []
    if means:
        parts.append(pipeline.source("means", "target_mean", means))
    if numbers := pipeline.of_kind(*NUMERIC):
        parts.append(pipeline.source("numbers", "numbers", numbers))
    if dates := pipeline.of_kind(Kind.DATETIME):
        parts.append(pipeline.source("dates", "date_parts", dates))
    draft, estimator = pipeline.draft, pipeline.estimator(family)
    params: dict[str, Any] = {"categorical": tuple(range(len(codes))), "threads": draft.resolved.search.trial.cpus}
    rounds = OPERATORS[estimator].rounds
    if rounds is not None:
        params[rounds] = _most_rounds(draft, int(str(OPERATORS[estimator].fixed[rounds])))
    if not codes:  # nothing to search where there are no categories
        params |= {name: OPERATORS[estimator].space[name].default for name in CATEGORY_PARAMS}
    pipeline.step(estimator, estimator, [pipeline.join(parts)], params)
    return pipeline.finish(name, family)


def _most_rounds(draft: Draft, usual: int) -> int:
    """How long to boost: longer on small tables, shorter where a round is one tree for each of many classes."""
    trees = len(draft.classes) if len(draft.classes) > 2 else 1
    rounds = MANY_ROUNDS if draft.schema.rows <= SMALL_TABLE else usual
    return max(FEWEST_ROUNDS, min(rounds, MOST_TREES // trees))


BUILDERS = {
    "linear": (_linear,),
    "lightgbm": (_trees, _trees_on_means),
}
