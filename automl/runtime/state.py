"""A State is what a fit leaves behind: arrays, JSON values and model text. Never a live object, never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class State:
    """What one fitted step knows. `handles` may keep what is rebuilt from the rest (a loaded booster), nothing else."""

    values: Mapping[str, Any] = field(default_factory=dict)  # JSON: str, int, float, bool, None, list, dict
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    text: str | None = None
    handles: dict[str, Any] = field(default_factory=dict, repr=False)

    def files(self) -> dict[str, bytes]:
        """The State as files by suffix: .json always, .npz and .txt where needed. Equal States give equal bytes."""
        found = {".json": (json.dumps(dict(self.values), sort_keys=True, indent=1, allow_nan=False) + "\n").encode()}
        if self.arrays:
            buffer = BytesIO()
            arrays: dict[str, Any] = {name: np.ascontiguousarray(self.arrays[name]) for name in sorted(self.arrays)}
            np.savez(buffer, **arrays)  # entries carry the fixed date 1980-01-01
            found[".npz"] = buffer.getvalue()
        if self.text is not None:
            found[".txt"] = self.text.encode()
        return found

    def digest(self) -> str:
        """The hash of `files()`."""
        whole = hashlib.sha256()
        for suffix, content in sorted(self.files().items()):
            whole.update(suffix.encode() + hashlib.sha256(content).digest())
        return "sha256:" + whole.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.files() == other.files()

    def __hash__(self) -> int:
        return hash(self.digest())

    def __getstate__(self) -> dict[str, Any]:
        return {"values": dict(self.values), "arrays": dict(self.arrays), "text": self.text, "handles": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


def load_state(folder: Path, name: str) -> State:
    """Read the State that lies in `folder` as name.json, and name.npz and name.txt where they are. Raises OSError."""
    values = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    arrays: dict[str, npt.NDArray[Any]] = {}
    if (folder / f"{name}.npz").is_file():
        with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
    text_file = folder / f"{name}.txt"
    text = text_file.read_bytes().decode() if text_file.is_file() else None  # as written: no translation of line ends
    return State(values=values, arrays=arrays, text=text)
