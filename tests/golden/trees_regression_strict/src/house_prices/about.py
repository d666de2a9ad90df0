"""What this package says of itself: facts, and the JSON Schema of a row."""

from __future__ import annotations

from typing import Any

from .integrity import read_manifest
from .schema import FIELDS, MISSING_NUMERIC, TASK, UNKNOWN_CATEGORY, VERSION, Field

PROGRAM = "house_prices"
_TYPES = {"number": "number", "boolean": "boolean", "datetime": "string", "text": "string"}
_WORDS = {
    "number": "A number. A text that writes one is read too; an infinity counts as missing.",
    "boolean": "true or false. The numbers 1 and 0, and texts that write them, are read too.",
    "datetime": "A date or a time, in ISO 8601; without an offset it is UTC.",
    "text": "A category. A number or a boolean is read as the text that writes it.",
}


def facts() -> dict[str, Any]:
    """Name, version, task, digest, columns, classes, and the versions of the libraries that trained."""
    manifest = read_manifest()
    columns = [{"name": f.name, "physical": f.physical, "kind": f.kind, "required": f.required} for f in FIELDS]
    about = {"name": PROGRAM, "version": VERSION, "task": TASK, "digest": manifest.digest, "columns": columns}
    about |= {"versions": manifest.facts["versions"]}
    about |= {"carries_training_rows": manifest.facts["carries_training_rows"]}
    return about


def row_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one row. What it allows is predicted; the descriptions say what is read besides."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A row for {PROGRAM}",
        "type": "object",
        "properties": {field.name: _property(field) for field in FIELDS},
        "required": [field.name for field in FIELDS if field.required],
        "additionalProperties": True,
    }


def _property(field: Field) -> dict[str, Any]:
    kind, nullable = _TYPES[field.physical], not field.required or _has_stand_in(field)
    found: dict[str, Any] = {"type": [kind, "null"] if nullable else kind, "description": _WORDS[field.physical]}
    if field.physical == "datetime":
        found["format"] = "date-time"
        if field.time_format not in (None, "iso"):
            found["description"] += f" The format {field.time_format} is read too."
    if field.vocabulary is not None:
        if UNKNOWN_CATEGORY == "reject":
            found["enum"] = [*field.vocabulary, *([None] if nullable else [])]
        else:
            found["examples"] = list(field.vocabulary[:5])
    return found


def _has_stand_in(field: Field) -> bool:
    """Whether a missing value is answered in a column that had none in training."""
    if field.physical == "text":
        return UNKNOWN_CATEGORY != "reject" or field.vocabulary is None
    return field.physical != "datetime" and MISSING_NUMERIC != "reject"
