"""What every builder of candidates works with: nodes collected under readable ids, policies of the spec filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.catalog import FAMILIES, OPERATORS
from automl.catalog.metrics import Metric
from automl.compiler.draft import Draft
from automl.data.schema import ColumnInfo
from automl.graph import SOURCE, Graph, Node
from automl.kinds import QUANTITIES, Kind
from automl.params import Param, ParamValue
from automl.plan import Candidate, Forecast

RENEWED = ("absolute", "quantile", "mape")
FEW_LEVELS = 2  # with so few levels, neither target means nor counts say more than a code


def objective_of(metric: Metric) -> dict[str, ParamValue]:
    """What an estimator is to optimise for a metric of a regression, as parameters of its step; none for the usual.

    `objective`: absolute, quantile (with `level`), poisson, gamma or mape; squared where there is none.
    """
    if metric.objective == "squared":
        return {}
    level: dict[str, ParamValue] = {"level": metric.level} if metric.objective == "quantile" else {}
    return {"objective": metric.objective, **level}


class Pipeline:
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

    def join(self, parts: list[str], node_id: str = "join") -> str:
        """All parts side by side; sparse where one of them is."""
        if len(parts) == 1:
            return parts[0]
        sparse = any(OPERATORS[node.op].gives_sparse for node in self.nodes if node.id in parts)
        return self.step(node_id, "join_sparse" if sparse else "join", parts)

    def asked(self, op: str) -> bool:
        """Whether `search.space` names that operator: steps that stand in no candidate by default are put in then."""
        return op in self.draft.resolved.search.space

    def marks(self) -> list[str]:
        """Indicators of missing values as a step of their own, where the spec asks for them and some are missing."""
        gaps = [c for c in self.features if c.missing]
        return [self.source("marks", "missing_indicators", gaps)] if gaps and self.asked("missing_indicators") else []

    def counts(self, log: bool) -> list[str]:
        """How often each category occurs, where the spec asks for that: on real tables it made no score better."""
        _, columns = self.categories(FEW_LEVELS)
        if not columns or not self.asked("count_encode"):
            return []
        return [self.source("counts", "count_encode", columns, {} if log else {"log": False})]

    def select(self, parts: list[str]) -> list[str]:
        """Some of the features of dense parts, where the spec asks for that."""
        if not parts or not self.asked("select_features"):
            return parts
        together = parts[0] if len(parts) == 1 else self.step("join_dense", "join", parts)
        return [self.step("select", "select_features", [together])]

    def finish(self, candidate_id: str, family: str, narrowed: Mapping[str, Param] | None = None) -> Candidate:
        """The candidate, its free parameters from the catalog; `narrowed` has other domains for some (node.param)."""
        space = {
            f"{n.id}.{name}": (narrowed or {}).get(f"{n.id}.{name}", param)
            for n in self.nodes
            for name, param in OPERATORS[n.op].space.items()
            if name not in n.params
        }
        graph = Graph(nodes=tuple(self.nodes))
        return Candidate(
            id=candidate_id, family=family, graph=graph, space=space, forecast=Forecast(cpu_s=0.0, memory_bytes=0)
        )

    def categories(self, most_levels: int) -> tuple[list[ColumnInfo], list[ColumnInfo]]:
        """The categorical features with at most so many levels, and those with more."""
        found = self.of_kind(Kind.CATEGORICAL)
        return [c for c in found if c.distinct <= most_levels], [c for c in found if c.distinct > most_levels]

    def class_weights(self, estimator: str) -> dict[str, ParamValue]:
        """No weights of classes, where the metric takes probabilities at their word: weights would spoil them.

        Empty where they are worth a search, or the estimator knows none.
        """
        if "class_weight" not in OPERATORS[estimator].space:
            return {}
        searched = self.draft.task != "regression" and self.draft.resolved.metric not in ("log_loss", "brier")
        return {} if searched else {"class_weight": "none"}

    def of_kind(self, *kinds: Kind) -> list[ColumnInfo]:
        """The features of these kinds, in table order."""
        return [c for c in self.features if c.kind in kinds]

    def estimator(self, family: str) -> str:
        """The operator of that family for the task."""
        assert self.draft.task is not None
        return FAMILIES[family].estimators[self.draft.task]

    def monotone(self, first: int) -> dict[str, tuple[int, ...]]:
        """The positions of numeric columns that a prediction must rise or fall with; `first` is that of the first one.

        Empty where the spec constrains none.
        """
        names = [c.name for c in self.of_kind(*QUANTITIES)]
        wanted = {name: column.monotone for name, column in self.draft.resolved.data.columns.items()}
        found = {
            way: tuple(first + i for i, name in enumerate(names) if wanted.get(name) == way)
            for way in ("increasing", "decreasing")
        }
        return {way: positions for way, positions in found.items() if positions}

    def objective(self) -> dict[str, ParamValue]:
        """What an estimator of this draft is to optimise, as parameters of its step.

        Boosting for a median or a quantile sets the values of leaves anew and forgets that they must rise or fall:
        beside monotone constraints it is squares that are optimised.
        """
        found = objective_of(self.draft.scorer)
        return {} if self.monotone(0) and found.get("objective") in RENEWED else found

    def _add(self, node: Node) -> str:
        self.nodes.append(node)
        return node.id

    def _policies(self, op: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
        """What the operator fixes, what the spec says of categories never seen, and the step's own."""
        found = dict(OPERATORS[op].fixed)
        if "unknown_category" in found:
            found["unknown_category"] = self.draft.resolved.package.unknown_category
        return {**found, **(params or {})}
