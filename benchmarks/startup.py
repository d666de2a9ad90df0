"""How long the command line takes from process start to end: a table on stderr, JSON lines on stdout."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from automl import __version__

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 7
MEASURES = {  # arguments and goal in seconds; {out} is a temporary folder
    "help": (["--help"], 0.15),
    "version": (["--version"], 0.15),
    "compile": (["-q", "compile", "specs/bank.yaml", "-o", "{out}/plan.json"], 1.5),
}


def main() -> None:
    """Measure everything in MEASURES."""
    machine = {"cpus": os.cpu_count(), "system": platform.platform(terse=True), "arch": platform.machine()}
    versions = {"automl": __version__, "python": platform.python_version()}
    for name, (arguments, goal) in MEASURES.items():
        median = measure(arguments)
        told = {"measure": f"startup {name}", "value": round(median, 4), "unit": "s", "goal": goal, "repeats": REPEATS}
        date = datetime.now(UTC).isoformat(timespec="seconds")
        print(json.dumps({**told, "machine": machine, "versions": versions, "date": date}), flush=True)
        print(f"{name:<10}{median:8.3f} s   goal {goal} s", file=sys.stderr)


def measure(arguments: list[str]) -> float:
    """The median wall time in seconds; the first run, which fills the caches, does not count."""
    took = []
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "automl", *(part.replace("{out}", out) for part in arguments)]
        for _ in range(REPEATS + 1):
            began = time.perf_counter()
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            took.append(time.perf_counter() - began)
    return statistics.median(took[1:])


if __name__ == "__main__":
    main()
