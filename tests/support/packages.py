"""An emitted package, imported into this process under its own (unique) name."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from automl.runtime.columns import Matrix


@dataclass(frozen=True)
class Imported:
    """The modules of a package."""

    name: str

    def module(self, name: str) -> ModuleType:
        """One of its modules."""
        return importlib.import_module(f"{self.name}.{name}")

    def evaluate(self, data: Sequence[dict[str, Any]]) -> Matrix:
        """The output matrix for these rows: probabilities, or numbers in one column."""
        found: Matrix = self.module("model").load().evaluate(self.module("door").columns_of(list(data)))
        return found


def imported(package: Path, name: str) -> Imported:
    """Import the package whose sources are in `package/src/name`. The name must be new to this process."""
    assert name not in sys.modules, f"{name}: an earlier package has this name"
    sys.path.insert(0, str(package / "src"))
    try:
        for module in ("model", "door", "batch"):
            importlib.import_module(f"{name}.{module}")
    finally:
        sys.path.remove(str(package / "src"))
    return Imported(name)
