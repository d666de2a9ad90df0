"""Golden predictions: synthetic rows, and what the winner's States give for them, to the last bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import numpy as np

from automl.catalog import OPERATORS
from automl.emit.fields import FieldRecord
from automl.graph import SOURCE, Graph
from automl.runtime.columns import Columns, Matrix
from automl.runtime.state import State
from automl.runtime.table import ColumnSpec, columns_from

ROWS = 12
NUMBERS = (0.0, 1.0, -1.5, 2.0, 7.25, 31.0, 40.5, 100.0, 999.0, 12345.678, 0.001, -0.25)
DAYS = (0, 1, 59, 365, 4321, 10957, 15000, 18262, 19782, 20000, 20514, 22222)
UNKNOWN = "a text that training has not seen"

Row = dict[str, Any]


def synthetic_rows(fields: tuple[FieldRecord, ...], reject_unknown: bool) -> list[Row]:
    """Rows of made-up values: of no training row. Depends on the fields alone."""
    return [{field.name: _value(field, row, reject_unknown) for field in fields} for row in range(ROWS)]


def _value(field: FieldRecord, row: int, reject_unknown: bool) -> Any:
    draw = int.from_bytes(hashlib.sha256(json.dumps([field.name, row]).encode()).digest()[:4], "big")
    if not field.required and draw % 5 == 0:
        return None
    if field.physical == "boolean":
        return draw % 2 == 0
    if field.physical == "number":
        number = NUMBERS[draw % len(NUMBERS)]
        return float(round(abs(number))) if field.kind == "integer" else number
    if field.physical == "datetime":
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=DAYS[draw % len(DAYS)])
        form = field.time_format
        return moment.replace(tzinfo=None).isoformat() if form in (None, "iso") else moment.strftime(str(form))
    known = field.vocabulary or ()
    if not known or (draw % 7 == 0 and not reject_unknown):
        return None if reject_unknown and not field.required else UNKNOWN
    return known[draw % len(known)]


def specs_of(fields: tuple[FieldRecord, ...]) -> tuple[ColumnSpec, ...]:
    """How the runtime reads these fields."""
    return tuple(ColumnSpec(f.name, _physical(f.physical), f.tokens, f.time_format) for f in fields)


def _physical(name: str) -> Any:
    return name


def apply_graph(graph: Graph, states: Mapping[str, State], columns: Columns) -> Matrix:
    """The output of the graph for every row, by the runtime's own `apply` functions."""
    found: dict[str, Any] = {}  # the output alone is surely dense
    for node in graph.nodes:
        operator = OPERATORS[node.op]
        apply = import_module(f"automl.runtime.{operator.module}").apply
        state = states[node.id] if operator.fitted else State()
        if operator.reads_source:
            inputs: tuple[Any, ...] = ({name: columns[name] for name in node.columns},)
        else:
            inputs = tuple(found[name] for name in node.inputs if name != SOURCE)
        found[node.id] = apply(state, *inputs)
    output: Matrix = found[graph.output.id]
    return output


def golden_bytes(graph: Graph, states: Mapping[str, State], fields: tuple[FieldRecord, ...], rows: list[Row]) -> bytes:
    """tests/golden.json: rows, and the outputs as hexadecimal floats, which keep every bit."""
    with np.errstate(over="ignore", invalid="ignore"):
        output = apply_graph(graph, states, columns_from(specs_of(fields), rows))
    shown = {"rows": rows, "outputs": [[float(value).hex() for value in line] for line in output]}
    return (json.dumps(shown, indent=1, sort_keys=True) + "\n").encode("utf-8")


def request_bytes(rows: list[Row]) -> bytes:
    """tests/request.json: a body for POST /predict."""
    return (json.dumps({"rows": rows}, indent=1, sort_keys=True) + "\n").encode("utf-8")
