"""manifest.json: the sha256 and size of every other file of a package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.value import pretty_json

FORMAT = 1
NAME = "manifest.json"


def manifest_bytes(files: Mapping[str, bytes], facts: Mapping[str, Any]) -> bytes:
    """The manifest of `files` (path -> content). `facts` are the keys that say what the package is; no time stamps."""
    entries = {
        path: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for path, content in sorted(files.items())
    }
    return pretty_json({"format": FORMAT, **facts, "files": entries}).encode("utf-8")


def package_digest(manifest: bytes) -> str:
    """The digest of a package: of its manifest, which holds the digests of all the rest."""
    return "sha256:" + hashlib.sha256(manifest).hexdigest()


def manifest_differences(package: Path) -> list[str]:
    """Where the files of a package are not what its own manifest says, one line each."""
    try:
        listed = json.loads((package / NAME).read_text(encoding="utf-8"))["files"]
        found = []
        for path, entry in sorted(listed.items()):
            file = package / path
            if not file.is_file():
                found.append(f"{path}: listed in the manifest, but gone")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != str(entry["sha256"]).removeprefix("sha256:"):
                found.append(f"{path}: its sha256 is not the manifest's")
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        return [f"{NAME} cannot be read: {type(problem).__name__}"]
    return found
