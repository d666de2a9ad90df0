"""The lines that benchmark programs keep: what was measured, with machine, versions and date."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from automl.machine import cpu_class, versions

RESULTS = Path(__file__).resolve().parent / "results"


def append(file: Path, measured: Mapping[str, Any]) -> None:
    """One JSON line at the end of the file."""
    machine = {"cpus": os.cpu_count(), "cpu": cpu_class(), "system": platform.platform(terse=True)}
    date = datetime.now(UTC).isoformat(timespec="seconds")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps({**measured, "machine": machine, "versions": versions(), "date": date}) + "\n")
