"""Pass: the type of every edge, inferred from the source down; a step that cannot take what it is given is an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, islice

from automl.catalog import OPERATORS
from automl.catalog.operator import Operator
from automl.compiler.draft import Draft
from automl.errors import Diagnostic
from automl.graph import SOURCE, Graph, Node
from automl.kinds import ColumnType, Kind, TableType
from automl.plan import Candidate

MOST_PAIRS = 10  # as `date_differences` makes at most


def check_types(draft: Draft) -> Draft:
    """Write the type on every edge of every candidate."""
    source = TableType(
        columns=tuple(
            ColumnType(name=c.name, kind=c.kind, missing=c.missing > 0)
            for c in draft.schema.with_role("feature", "time")
        )
    )
    typed: list[Candidate] = []
    for candidate in draft.candidates:
        graph, findings = infer_types(candidate.graph, source, draft.classes)
        draft = draft.find(*findings)
        typed.append(candidate.model_copy(update={"graph": graph}))
    return replace(draft, candidates=tuple(typed))


def infer_types(graph: Graph, source: TableType, classes: tuple[str, ...]) -> tuple[Graph, list[Diagnostic]]:
    """The graph with `type` on every node, and what does not fit (TYPE001 to TYPE003)."""
    types: dict[str, TableType] = {}
    nodes: list[Node] = []
    findings: list[Diagnostic] = []
    for node in graph.nodes:
        operator = OPERATORS[node.op]
        given = _given(node, source, types)
        findings += _mismatches(node, operator, given)
        if operator.role == "estimator":
            names = classes or ("prediction",)
            types[node.id] = TableType(
                columns=tuple(ColumnType(name=n, kind=Kind.PREDICTION, missing=False) for n in names)
            )
        else:
            widened = WIDENINGS[operator.widens](given, operator)
            types[node.id] = widened.model_copy(update={"sparse": operator.gives_sparse})
        nodes.append(node.model_copy(update={"type": types[node.id]}))
    return Graph(nodes=tuple(nodes)), findings


def _given(node: Node, source: TableType, types: dict[str, TableType]) -> TableType:
    """The columns that the node reads, side by side."""
    if SOURCE in node.inputs:
        by_name = {c.name: c for c in source.columns}
        return TableType(columns=tuple(by_name[name] for name in node.columns))
    columns = tuple(c for name in node.inputs for c in types[name].columns)
    return TableType(columns=columns, sparse=any(types[name].sparse for name in node.inputs))


def _mismatches(node: Node, operator: Operator, given: TableType) -> list[Diagnostic]:
    found = []
    if given.sparse and not operator.takes_sparse:
        message = (
            f"step {node.id!r} ({operator.name}) takes dense features, but {' and '.join(node.inputs)} may be sparse"
        )
        found.append(Diagnostic("error", "TYPE003", message, hint="put an svd step between"))
    for column in given.columns:
        if column.kind not in operator.accepts:
            wanted = ", ".join(sorted(operator.accepts))
            message = f"step {node.id!r} ({operator.name}) takes {wanted}, but column {column.name!r} is {column.kind}"
            found.append(Diagnostic("error", "TYPE001", message, hint=f"put a step between that gives {wanted}"))
        if column.missing and operator.missing == "refuses":
            message = f"step {node.id!r} ({operator.name}) takes no missing values, but column {column.name!r} has some"
            found.append(Diagnostic("error", "TYPE002", message, hint="put an impute step before it"))
    return found


def _each(given: TableType, operator: Operator, suffix: str = "") -> TableType:
    """One output column (or bundle of columns, with a suffix) per input column."""
    keeps = operator.missing == "keeps"
    columns = (
        ColumnType(name=c.name + suffix, kind=operator.gives, missing=c.missing and keeps) for c in given.columns
    )
    return TableType(columns=tuple(columns))


def _same(given: TableType, operator: Operator) -> TableType:
    return _each(given, operator)


def _levels(given: TableType, operator: Operator) -> TableType:
    return _each(given, operator, "=*")


def _parts(given: TableType, operator: Operator) -> TableType:
    return _each(given, operator, ".*")


def _indicators(given: TableType, operator: Operator) -> TableType:
    """The columns, then an indicator for each that has missing values."""
    extra = (
        ColumnType(name=f"{c.name} is missing", kind=Kind.NUMBER, missing=False) for c in given.columns if c.missing
    )
    return TableType(columns=(*_each(given, operator).columns, *extra))


def _pairs(given: TableType, operator: Operator) -> TableType:
    """One column per pair of columns; missing where either is."""
    columns = (
        ColumnType(name=f"{second.name} - {first.name}", kind=operator.gives, missing=first.missing or second.missing)
        for first, second in islice(combinations(given.columns, 2), MOST_PAIRS)
    )
    return TableType(columns=tuple(columns))


def _subset(given: TableType, operator: Operator) -> TableType:
    """The columns that may be kept: which ones are, the fit of each fold decides."""
    return _each(given, operator)


def _joined(given: TableType, operator: Operator) -> TableType:
    del operator  # a join changes nothing
    return given


def _directions(given: TableType, operator: Operator) -> TableType:
    """New columns, each made of all."""
    del given
    return TableType(columns=(ColumnType(name="direction=*", kind=operator.gives, missing=False),))


WIDENINGS: dict[str, Callable[[TableType, Operator], TableType]] = {
    "no": _same,
    "levels": _levels,
    "parts": _parts,
    "indicators": _indicators,
    "classes": _levels,
    "joins": _joined,
    "directions": _directions,
    "pairs": _pairs,
    "subset": _subset,
}
