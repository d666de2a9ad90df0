"""How a measure is told: a table for people on stderr, one JSON line on stdout and in `results/NAME.jsonl`."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from automl.machine import cpu_class, versions

RESULTS = Path(__file__).resolve().parent / "results"


def record(name: str, found: Mapping[str, Any], keep: bool = True) -> None:
    """Print one measure, and append it to `results/NAME.jsonl` if it is to be kept, with machine, versions, date."""
    machine = {"cpus": os.cpu_count(), "cpu": cpu_class(), "system": platform.platform(terse=True)}
    date = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({**found, "machine": machine, "versions": versions(), "date": date})
    print(line, flush=True)
    if keep:
        RESULTS.mkdir(exist_ok=True)
        with (RESULTS / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def row(cells: list[Any], widths: list[int]) -> None:
    """One line of a table, on stderr; the first column is set to the left."""
    texts = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells]
    first, *others = zip(texts, widths, strict=True)
    print(first[0].ljust(first[1]) + "".join(text.rjust(width) for text, width in others), file=sys.stderr, flush=True)
