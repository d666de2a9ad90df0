"""How a measure is told: a table for people on stderr, one JSON line on stdout and in `results/NAME.jsonl`."""

from __future__ import annotations

import argparse
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


def circumstances() -> dict[str, Any]:
    """Machine, versions and date, as every measure has them."""
    machine = {"cpus": os.cpu_count(), "cpu": cpu_class(), "system": platform.platform(terse=True)}
    return {"machine": machine, "versions": versions(), "date": datetime.now(UTC).isoformat(timespec="seconds")}


def record(name: str, found: Mapping[str, Any], keep: bool = True) -> None:
    """Print one measure with its circumstances, and append it to `results/NAME.jsonl` if it is to be kept."""
    found = {**found, **circumstances()}
    print(json.dumps(found), flush=True)
    if keep:
        append(RESULTS / f"{name}.jsonl", found)


def append(file: Path, found: Mapping[str, Any]) -> None:
    """One JSON line at the end of the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(found) + "\n")


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """A command line that says the first line of its program's text, with `--no-keep` (as `keep`)."""
    parser = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    parser.add_argument("--no-keep", dest="keep", action="store_false", help="write nothing to results/")
    return parser


def row(cells: list[Any], widths: list[int]) -> None:
    """One line of a table, on stderr; the first column is set to the left."""
    texts = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells]
    first, *others = zip(texts, widths, strict=True)
    print(first[0].ljust(first[1]) + "".join(text.rjust(width) for text, width in others), file=sys.stderr, flush=True)
