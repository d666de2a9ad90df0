"""The base of every value that is written to a file: frozen, compared by content, one canonical text form."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class Value(BaseModel):
    """A frozen pydantic model: unknown fields are refused, equality and digest go by content."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, ser_json_inf_nan="strings")

    def digest(self) -> str:
        """`sha256:` and the hash of the canonical JSON text."""
        return digest_json(self.model_dump(mode="json"))


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, plain ASCII. Raises ValueError on NaN and infinities."""
    return _CANONICAL.encode(value)


def pretty_json(value: Any) -> str:
    """JSON for people and for diffs: sorted keys, two spaces, a newline at the end."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def digest_json(value: Any) -> str:
    """`sha256:` and the hash of `canonical_json(value)`."""
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()


def derive_seed(root: int, purpose: str, key: str) -> int:
    """A seed for one purpose: the first 31 bits of H(root, purpose, key). Derived, never drawn."""
    text = canonical_json([root, purpose, key])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
