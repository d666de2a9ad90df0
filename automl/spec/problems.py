"""From plain values to the written spec: every error of type and shape as a diagnostic, and what is left then."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from automl.errors import Diagnostic, nearest
from automl.spec.atoms import FORMS
from automl.spec.places import Path, Places, dotted, quoted
from automl.spec.written import WrittenSpec

# What is expected, by the type of pydantic's error.
_EXPECTED: Final[dict[str, str]] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "mapping_type": "a mapping of keys to values",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
}

# What stands in for a required value that is missing or wrong, so that the rest can still be judged.
_FILLERS: Final[dict[Path, Any]] = {
    ("version",): 1,
    ("name",): "unnamed",
    ("data",): {"path": "unnamed.csv", "target": "\0target"},
    ("data", "target"): "\0target",
}
_NO_TEXT: Final = "\0"  # cannot stand in a spec
_ROUNDS: Final = 40  # each round mends one level of nesting; a spec has at most eight


@dataclass
class Shape:
    """The written spec without what was wrong (None: nothing could be saved), the findings, the paths they spoil."""

    written: WrittenSpec | None
    found: list[Diagnostic] = field(default_factory=list)
    bad: set[Path] = field(default_factory=set)


def shape(raw: dict[str, Any], places: Places, bad: set[Path]) -> Shape:
    """Validate; paths in `bad` have been reported before and are left out."""
    kept = copy.deepcopy(raw)
    result = Shape(None, [], set(bad))
    for path in sorted(bad, key=len, reverse=True):
        _remove(kept, path)
    for _ in range(_ROUNDS):
        try:
            result.written = WrittenSpec.model_validate(kept)
            return result
        except ValidationError as error:
            _mend(kept, error, places, result)
    return result


def _mend(kept: dict[str, Any], error: ValidationError, places: Places, result: Shape) -> None:
    """Report each error that is not the echo of another, and take its value out."""
    paths: set[Path] = set()
    for item in error.errors(include_url=False):
        path: Path = tuple(part for part in item["loc"] if part not in FORMS)
        if not any(path[:length] in result.bad for length in range(len(path) + 1)):
            result.found.append(_diagnostic(path, item, places))
        # Where a required key is missing that nothing can stand in for, the mapping around it goes.
        paths.add(path[:-1] if item["type"] == "missing" and path not in _FILLERS else path)
        result.bad.add(path)
    for path in sorted(paths, key=len, reverse=True):
        result.bad.add(path)
        _remove(kept, path)


def _remove(kept: Any, path: Path) -> None:
    """Take the value at `path` out of its mapping; in a list something empty takes its place, or the list goes."""
    holder = _at(kept, path[:-1])
    if path and isinstance(holder, list) and isinstance(path[-1], int):
        instead: Any = {} if keys_at(path) else _NO_TEXT
        if holder[path[-1]] != instead:
            holder[path[-1]] = instead
            return
    while path and not isinstance(holder, dict):
        path = path[:-1]
        holder = _at(kept, path[:-1])
    if path in _FILLERS:
        holder[path[-1]] = copy.deepcopy(_FILLERS[path])
    elif path:
        holder.pop(path[-1], None)


def _at(kept: Any, path: Path) -> Any:
    """What stands at `path`; None where nothing does."""
    for part in path:
        try:
            kept = kept[part]
        except (KeyError, IndexError, TypeError):
            return None
    return kept


def _diagnostic(path: Path, item: Any, places: Places) -> Diagnostic:
    kind = item["type"]
    value = item["input"]
    if kind == "extra_forbidden":
        return _unknown_key(path, places)
    if kind == "missing":
        where = f"under {dotted(path[:-1])}" if len(path) > 1 else "at the top level"
        return places.diagnostic("error", "SPEC020", path, f"required key {quoted(str(path[-1]))} is missing {where}")
    if kind == "spec":
        context = item["ctx"]
        return _expected(context["code"], path, context["expected"], value, (places, context["hint"]))
    if kind == "literal_error":
        options = _options(path)
        hint = nearest(value, options) if isinstance(value, str) else None
        code = "SPEC022" if isinstance(value, str) else "SPEC021"
        expected = f"one of {', '.join(options)}" if len(options) > 1 else options[0]
        return _expected(code, path, expected, value, (places, hint))
    expected = _EXPECTED.get(kind, "another value")
    return _expected("SPEC021", path, expected, value, (places, _type_hint(kind, value)))


def _expected(code: str, path: Path, expected: str, value: Any, more: tuple[Places, str | None]) -> Diagnostic:
    message = f"{dotted(path)}: expected {expected}, found {describe(value)}"
    return more[0].diagnostic("error", code, path, message, more[1], at="value")


def _unknown_key(path: Path, places: Places) -> Diagnostic:
    where = f"under {dotted(path[:-1])}" if len(path) > 1 else "at the top level"
    hint = nearest(str(path[-1]), keys_at(path[:-1]))
    return places.diagnostic("error", "SPEC014", path, f"unknown key {quoted(str(path[-1]))} {where}", hint)


def _type_hint(kind: str, value: Any) -> str | None:
    if kind == "string_type" and isinstance(value, int | float):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'put it in quotes: "{text}"'
    if kind in ("int_type", "float_type") and isinstance(value, str) and _is_number(value):
        return f"write it without quotes: {value.strip()}"
    if kind == "float_type" and isinstance(value, str) and value.endswith("%") and _is_number(value[:-1]):
        return f"write the share: {float(value[:-1]) / 100:g}"
    if kind in ("int_type", "int_from_float") and isinstance(value, float) and value == int(value):
        return f"write {int(value)}"
    if kind == "tuple_type" and isinstance(value, str) and value.isprintable() and len(value) < 60:
        return f"write it in brackets: [{value}]"
    return None


def _is_number(text: str) -> bool:
    try:
        return len(text) < 40 and text.isascii() and "_" not in text and math.isfinite(float(text))
    except ValueError:
        return False


def describe(value: Any) -> str:
    """A value of a spec, named for people."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value!r}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def keys_at(path: Path) -> Sequence[str]:
    """The keys that the language knows under `path`; empty where the user names them."""
    found = _models_at(path)
    return [key for model in found for key in model.model_fields]


def _options(path: Path) -> list[str]:
    """The texts that the language allows at `path`."""
    *above, last = path
    while isinstance(last, int) and above:
        *above, last = above
    for model in _models_at(tuple(above)):
        if last in model.model_fields:
            return _literals(model.model_fields[str(last)].annotation)
    for model in _models_at(tuple(above[:-1])):  # a mapping whose keys the user names
        if above[-1] in model.model_fields:
            return _literals(model.model_fields[str(above[-1])].annotation)
    return []


def _models_at(path: Path) -> list[type[BaseModel]]:
    models: list[type[BaseModel]] = [WrittenSpec]
    for part in path:
        if isinstance(part, int):
            continue
        following: list[type[BaseModel]] = []
        named = False
        for model in models:
            if part in model.model_fields:
                named = True
                following += _models_in(model.model_fields[part].annotation)
        models = following if named else models  # a name that the user chose: columns.tenure, space.lightgbm
    return models


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def _literals(annotation: Any) -> list[str]:
    parts = getattr(annotation, "__args__", ())
    texts = [part for part in parts if isinstance(part, str)]
    return texts or [text for part in parts for text in _literals(part)]
