"""manifest.json: the sha256 and size of every other file of a package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
