"""Pinned requirements with hashes, from a table that ships with automl. Nothing is looked up while emitting."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files

Table = Mapping[str, Mapping[str, Mapping[str, list[str]]]]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Pin:
    """One distribution at the version that is installed here; `hashes` is empty where the table does not know it."""

    name: str
    version: str
    hashes: tuple[str, ...]


@cache
def hash_table() -> Table:
    """distribution -> version -> {"hashes": [...], "requires": [...]}. Made by benchmarks/refresh_hashes.py."""
    return _stored("hashes.json")


def server_pins() -> tuple[Pin, ...]:
    """FastAPI, uvicorn and all that they need: the newest releases when automl was released, installed here or not."""
    table = _stored("server_hashes.json")
    return tuple(
        Pin(name, release, tuple(entry["hashes"]))
        for name, releases in sorted(table.items())
        for release, entry in releases.items()
    )


def _stored(name: str) -> Table:
    table: Table = json.loads(files("automl.emit").joinpath(name).read_text(encoding="utf-8"))
    return table


def pins(names: Iterable[str], table: Table, closure: bool) -> tuple[Pin, ...]:
    """The installed versions of these distributions, sorted; with `closure` also of what they require, and so on."""
    found: dict[str, Pin] = {}
    todo = sorted(set(names), reverse=True)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        installed = version(name)
        entry = table.get(name, {}).get(installed)
        found[name] = Pin(name, installed, tuple(entry["hashes"]) if entry else ())
        if closure:
            todo += entry["requires"] if entry else _declared(name)
    return tuple(found[name] for name in sorted(found))


def _declared(name: str) -> list[str]:
    """What an installed distribution says it requires, extras left out, as far as it is installed."""
    found = []
    for line in requires(name) or []:
        match = _NAME.match(line)
        if match and "extra ==" not in line:
            try:
                version(match.group())
            except PackageNotFoundError:
                continue
            found.append(match.group().lower())
    return found


def unhashed(found: Iterable[Pin]) -> list[str]:
    """The pins without hashes, as name==version."""
    return [f"{pin.name}=={pin.version}" for pin in found if not pin.hashes]


def lock_text(found: tuple[Pin, ...], path: str, purpose: str) -> str:
    """A requirements file for pip. Hashes are all or nothing: pip refuses a file in which only some lines have them."""
    missing = unhashed(found)
    flags = "--no-deps" if missing else "--require-hashes --no-deps"
    lines = [f"# {purpose}", f"# Install with: pip install {flags} -r {path}"]
    if missing:
        lines.append(f"# Not hashed: automl's table does not know {', '.join(missing)}.")
    for pin in found:
        hashes = () if missing else pin.hashes
        lines.append(" \\\n    ".join([f"{pin.name}=={pin.version}", *(f"--hash={value}" for value in hashes)]))
    return "\n".join(lines) + "\n"


def at_least(pin: Pin) -> str:
    """The loose form for a wheel's metadata: the same major version, not older than the release that trained."""
    parts = pin.version.split(".")
    return f"{pin.name}>={'.'.join(parts[:2])},<{int(parts[0]) + 1}"
