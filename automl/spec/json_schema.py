"""The JSON Schema of a spec as written, for editors."""

from __future__ import annotations

from typing import Any, Final

from automl.spec.written import WrittenSpec

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def spec_schema() -> dict[str, Any]:
    """The schema (draft 2020-12), with a description for every key. A fresh value for each call."""
    schema = WrittenSpec.model_json_schema(mode="validation")
    plain = _without_noise(schema)
    return {"$schema": DIALECT, "title": "automl spec", **plain}


def _without_noise(part: Any, named: bool = False) -> Any:
    """The schema without the titles that pydantic derives from names, and without `default: null`.

    `named`: the keys of this mapping are names of the user's keys, not words of JSON Schema.
    """
    if isinstance(part, list):
        return [_without_noise(item) for item in part]
    if not isinstance(part, dict):
        return part
    noise = () if named else ("title", "default")
    names = ("properties", "$defs")
    return {key: _without_noise(value, not named and key in names) for key, value in part.items() if key not in noise}
