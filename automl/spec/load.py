"""A spec file to a LoadedSpec, or to every mistake in it at once."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

import yaml

from automl.catalog.own_metric import OwnFunction, find_function
from automl.errors import AutomlError, Diagnostic, error
from automl.spec.check import check_written
from automl.spec.findings import Findings
from automl.spec.loaded import LoadedSpec as LoadedSpec
from automl.spec.nodes import parse_yaml
from automl.spec.places import Places, Spot, quoted, split_lines
from automl.spec.problems import describe, shape
from automl.spec.scalars import FORBIDDEN
from automl.spec.written import WrittenMetric, WrittenSpec

MAX_BYTES: Final = 256 * 1024


def load_spec(path: Path) -> LoadedSpec:
    """Read and check a spec. Raises AutomlError with all diagnostics, sorted by place."""
    return load_text(read_spec(path), str(path), path.parent)


def load_values(values: Mapping[str, Any], folder: Path) -> LoadedSpec:
    """A spec that is given as values, with paths relative to `folder`.

    Raises AutomlError: API001 for a value that YAML has no form for; places are those in the values written as YAML.
    """
    try:
        text = yaml.dump(_plain(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=MAX_BYTES)
    except (yaml.YAMLError, RecursionError) as problem:
        what = "it holds itself" if isinstance(problem, RecursionError) else str(problem.args[-1])[:200]
        raise error("API001", f"the spec cannot be written as YAML: {what}", "texts, numbers, lists, dicts") from None
    return load_text(text, "<spec>", folder)


def load_text(text: str, file: str, folder: Path) -> LoadedSpec:
    """Check the text of a spec; `file` is how it is named. Raises AutomlError with all diagnostics, sorted by place."""
    written, places, found = parse_spec(text, file)
    function = None if written is None else _own_function(written, places, folder, found)
    if written is None or any(d.severity == "error" for d in found):
        raise AutomlError(found)
    return LoadedSpec(written, places, file, folder, function)


class _Dumper(yaml.SafeDumper):
    """Writes a list that stands at two places twice, where YAML would write an alias."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _plain(value: Any) -> Any:
    """Paths as texts, tuples as lists, numbers of numpy as numbers; all else as it is."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, PurePath):
        return str(value)
    return value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value


def _own_function(written: WrittenSpec, places: Places, folder: Path, found: list[Diagnostic]) -> OwnFunction | None:
    """The file of a metric of the user's own; a finding where there is none, unless another one is about it."""
    metric = written.metric
    if not isinstance(metric, WrittenMetric) or metric.function is None:
        return None
    try:
        return find_function(metric.function, folder)
    except ValueError as missing:
        if all(d.code != "SPEC082" for d in found):
            hint = "expected module.function; the module lies beside the spec, or is installed"
            place = ("metric", "function")
            found.append(places.diagnostic("error", "SPEC082", place, f"metric.function: {missing}", hint, at="value"))
        return None


def read_spec(path: Path) -> str:
    """The text of the file, without a byte order mark. Raises AutomlError."""
    file = str(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):  # reading a pipe could wait for ever
            raise _whole(file, "SPEC002", f"{quoted(file)} is not a regular file")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _whole(file, "SPEC001", f"there is no file {quoted(file)}") from None
    except IsADirectoryError:
        raise _whole(file, "SPEC002", f"{quoted(file)} is a folder", "name the spec inside it") from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        why = getattr(problem, "strerror", None) or "not a path"
        raise _whole(file, "SPEC002", f"{quoted(file)} cannot be read: {why}") from None
    if len(content) > MAX_BYTES:
        raise _whole(file, "SPEC010", f"the spec is larger than {MAX_BYTES // 1024}KiB", "is this a spec, or data?")
    return _decode(content, file)


def parse_spec(text: str, file: str) -> tuple[WrittenSpec | None, Places, list[Diagnostic]]:
    """The written spec as far as it can be understood, its places, and every finding. Never raises for the text."""
    controls = _controls(text, file)
    if controls:
        return None, Places(file, (), {}), controls
    parsed = parse_yaml(text, file)
    found, places = list(parsed.found), parsed.places
    if () in parsed.bad:
        return None, places, found
    if parsed.value is None:
        found.append(places.at_spot(Spot(1, 1), "error", "SPEC003", "the spec is empty", "it starts with 'version: 1'"))
        return None, places, found
    if not isinstance(parsed.value, dict):
        message = f"expected keys and values at the top level, found {describe(parsed.value)}"
        found.append(places.diagnostic("error", "SPEC013", (), message, "a spec starts with 'version: 1'", "value"))
        return None, places, found
    result = shape(parsed.value, places, parsed.bad)
    found += result.found
    if result.written is not None:
        found += check_written(result.written, Findings(places, frozenset(result.bad)))
    return result.written, places, found


def _decode(content: bytes, file: str) -> str:
    """UTF-8, with or without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = content[: problem.start].decode("utf-8-sig", errors="replace")
        lines = split_lines(before)
        where = Places(file, (), {}).at_spot(
            Spot(len(lines), len(lines[-1]) + 1),
            "error",
            "SPEC004",
            f"not UTF-8 text: byte 0x{content[problem.start]:02x}",
            "save the file as UTF-8",
        )
        raise AutomlError(where) from None


def _controls(text: str, file: str) -> list[Diagnostic]:
    """One finding per line that holds a control character; the picture shows a replacement for it."""
    lines = split_lines(text)
    places = Places(file, tuple(FORBIDDEN.sub("\ufffd", line) for line in lines), {})
    found = []
    for number, line in enumerate(lines, start=1):
        match = FORBIDDEN.search(line)
        if match:
            message = f"the control character U+{ord(match[0]):04X} stands in the spec"
            spot = Spot(number, match.start() + 1)
            found.append(places.at_spot(spot, "error", "SPEC005", message, "leave it out"))
    return found


def _whole(file: str, code: str, message: str, hint: str | None = None) -> AutomlError:
    """An error about the file as a whole."""
    return AutomlError(Diagnostic("error", code, message, file, hint=hint))
