"""The columns of the plan as the records of schema.py, and what else schema.py says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from automl.data.csv_text import DELIMITERS
from automl.data.schema import ColumnInfo
from automl.emit.request import EmitRequest
from automl.runtime.state import State


@dataclass(frozen=True)
class FieldRecord:
    """One input column, as written into schema.py."""

    name: str
    physical: str
    kind: str
    required: bool
    fingerprint: str
    tokens: frozenset[str]
    time_format: str | None
    number_format: str | None
    names_of: str | None
    vocabulary: tuple[str, ...] | None


def input_fields(request: EmitRequest) -> tuple[FieldRecord, ...]:
    """The columns that the winner reads, in the table's order."""
    used = set(request.graph.columns)
    known = vocabularies(request.states.values())
    return tuple(_record(info, known) for info in request.plan.data_schema.columns if info.name in used)


def training_fields(request: EmitRequest, crossed: bool) -> tuple[FieldRecord, ...]:
    """The target; the column that the inner folds of a cross-fit are cut by; the weights: those that there are."""
    data = request.plan.spec.data
    cutter = {"groups": data.group, "order": data.time}.get(cut_by(request, crossed))
    names = [name for name in (data.target, cutter, data.weight) if name is not None]
    return tuple(_record(request.plan.data_schema.column(name), {}) for name in names)


def cut_by(request: EmitRequest, crossed: bool) -> str:
    """Whether a cross-fit cuts rows by `groups`, by their `order`, or by neither (the empty text)."""
    data, kind = request.plan.spec.data, request.plan.rows.inner.kind
    if crossed and kind == "group" and data.group is not None:
        return "groups"
    return "order" if crossed and kind in ("time", "blocks") and data.time is not None else ""


def id_columns(request: EmitRequest) -> tuple[str, ...]:
    """The columns that are carried through to the predictions, in the order of the spec."""
    return tuple(request.plan.spec.data.id)


def vocabularies(states: Iterable[State]) -> Mapping[str, tuple[str, ...]]:
    """Column -> the texts that any step knows, sorted. Steps with levels say so in `columns` and `levels`."""
    found: dict[str, set[str]] = {}
    for state in states:
        if "levels" in state.values:
            for name, levels in zip(state.values["columns"], state.values["levels"], strict=True):
                texts = [level for level in levels if isinstance(level, str)]
                if texts or not levels:
                    found.setdefault(name, set()).update(texts)
    return {name: tuple(sorted(texts)) for name, texts in found.items()}


def _record(info: ColumnInfo, known: Mapping[str, tuple[str, ...]]) -> FieldRecord:
    return FieldRecord(
        name=info.name,
        physical=info.physical,
        kind=str(info.kind),
        required=info.missing == 0,
        fingerprint=info.fingerprint,
        tokens=frozenset(info.tokens),
        time_format=info.time_format,
        number_format=info.number_format,
        names_of=info.names_of,
        vocabulary=known.get(info.name) if info.physical == "text" else None,
    )


def schema_context(request: EmitRequest, crossed: bool) -> dict[str, Any]:
    """What schema.py.jinja and door.py.jinja read."""
    plan = request.plan
    return {
        "task": plan.task,
        "classes": tuple(plan.classes),
        "threshold": request.winner.trial.threshold,
        "ids": id_columns(request),
        "fields": input_fields(request),
        "training_fields": training_fields(request, crossed),
        "cut_by": cut_by(request, crossed),
        "weighted": plan.spec.data.weight is not None,
        "encodings": ("utf-8", "cp1252", "latin-1")
        if plan.spec.data.format.encoding is None
        else (plan.spec.data.format.encoding,),
        "delimiters": tuple(dict.fromkeys((*DELIMITERS, plan.spec.data.format.delimiter or ","))),
        "unknown_category": plan.spec.package.unknown_category,
        "missing_numeric": plan.spec.package.missing_numeric,
    }
