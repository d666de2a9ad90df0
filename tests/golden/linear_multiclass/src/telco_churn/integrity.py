"""Before anything is loaded: artifacts and sources must be those that the manifest lists. Caches are ignored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

HERE = Path(__file__).resolve().parent
_PREFIX = "src/telco_churn/"


class TamperedArtifact(RuntimeError):  # noqa: N818  (named for what was found)
    """A file of this package is missing, changed, or not its own."""


@dataclass(frozen=True)
class Manifest:
    """What manifest.json says, and its digest, which names this package."""

    facts: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]
    digest: str


def read_manifest() -> Manifest:
    """The manifest beside the sources (installed) or at the root of the package folder. Raises TamperedArtifact."""
    for path in (HERE / "manifest.json", HERE.parents[1] / "manifest.json"):
        if path.is_file():
            raw = path.read_bytes()
            try:
                facts = json.loads(raw)
                files = facts.pop("files")
            except (ValueError, KeyError, AttributeError) as problem:
                raise TamperedArtifact(f"{path.name} cannot be read: {problem}") from problem
            return Manifest(facts, files, "sha256:" + hashlib.sha256(raw).hexdigest())
    raise TamperedArtifact("manifest.json is missing")


def verify() -> Manifest:
    """Check every file of this package's own folder. Raises TamperedArtifact that names all findings."""
    manifest = read_manifest()
    listed = {path.removeprefix(_PREFIX): entry for path, entry in manifest.files.items() if path.startswith(_PREFIX)}
    findings = [finding for path, entry in sorted(listed.items()) for finding in _compare(path, entry)]
    findings += [f"{path} is not in the manifest" for path in sorted(_present()) if path not in listed]
    if findings:
        raise TamperedArtifact("; ".join(findings))
    return manifest


def _compare(path: str, entry: Mapping[str, Any]) -> Iterator[str]:
    file = HERE / PurePosixPath(path)
    if not file.is_file():
        yield f"{path} is missing"
    elif hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
        yield f"{path} was changed"


def _present() -> Iterator[str]:
    """What could be loaded: everything among the artifacts, and every module."""
    for file in HERE.rglob("*"):
        path = file.relative_to(HERE)
        if file.is_file() and (path.parts[0] == "artifacts" or path.suffix in {".py", ".so", ".pyd"}):
            yield path.as_posix()
