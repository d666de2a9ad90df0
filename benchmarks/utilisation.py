"""Whose CPU time a run takes: fits, the driver, Ray. Read from /proc by this program, outside of the run.

`automl train` is started as users start it, with a mark in its environment by which every process of it is found. While
it runs, the CPU time of each is read several times a second and put down to its kind: worker (in which fits run),
driver, Ray (its store, servers and agents; workers that it holds ready). The window is from the first finished fit to
the last one, as the ledger on disk shows. Shares are of cores x wall; `others` is what the machine did for anyone else.

Three figures for fits: what their worker processes took, from outside (the goal's figure); what the fits say of
themselves (`fit_cpu_s`, of the whole search); what was idle or others' of all cores. Full size: 5 minutes on 2 cores.

    python benchmarks/utilisation.py [--tasks car_evaluation adult] [--time 60s] [--executors local ray]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parent))

import yaml
from real_tasks import spec_of
from record import parser_of, record, row
from tasks import load_tasks, split

GOAL = 0.95
TICK_S = 0.2
CLOCK = os.sysconf("SC_CLK_TCK")
MARK = "AUTOML_UTILISATION_MARK"
WIDTHS = [16, 9, 8, 8, 8, 8, 8, 8, 11, 12]
RAY = ("raylet", "gcs_server", "ray::IDLE", "/ray/", "log_monitor", "runtime_env")


@dataclass(frozen=True)
class Sample:
    """One look: when, how many fits had finished, CPU seconds by kind since the start, CPU seconds of the machine."""

    at: float
    finished: int
    cpu: dict[str, float]
    machine: float


def main() -> None:
    """Measure, print, keep."""
    options = _options()
    row(["task", "executor", "wall s", "fits", "driver", "ray", "others", "idle", "units/s", "ms CPU/fit"], WIDTHS)
    tasks = load_tasks()
    for name in options.tasks:
        for executor in options.executors:
            with tempfile.TemporaryDirectory() as folder:
                halves = split(tasks[name], Path(folder))
                spec = Path(folder) / "spec.yaml"
                spec.write_text(yaml.safe_dump(spec_of(tasks[name], halves, 0), sort_keys=False), encoding="utf-8")
                samples, result = watched(spec, executor, options)
                tell(options, (name, executor), samples, result)


def watched(spec: Path, executor: str, options: argparse.Namespace) -> tuple[list[Sample], dict[str, Any]]:
    """Run it and look at it until it ends."""
    mark, out = uuid4().hex, spec.parent / "run"
    cores = len(os.sched_getaffinity(0))
    command = [sys.executable, "-m", "automl", "train", str(spec), "-o", str(out), "--format", "json", "-q"]
    command += ["--executor", executor, "--workers", str(cores), "--time", options.time]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, MARK: mark}, text=True)
    looker, samples = Looker(mark, process.pid), []
    while process.poll() is None:
        samples.append(looker.look(out / "ledger.jsonl"))
        time.sleep(TICK_S)
    said = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"automl train ended with {process.returncode}: {said[-500:]}")
    return samples, json.loads(said)


class Looker:
    """Reads /proc. What a process had used when it was last seen still counts once it is gone."""

    def __init__(self, mark: str, driver: int) -> None:
        self._mark = f"{MARK}={mark}".encode()
        self._driver = driver
        self._ours: dict[int, bool] = {}
        self._used: dict[int, tuple[str, float]] = {}

    def look(self, ledger: Path) -> Sample:
        """One sample."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                self._see(int(entry.name), entry)
        cpu: Counter[str] = Counter()
        for kind, seconds in self._used.values():
            cpu[kind] += seconds
        finished = ledger.read_bytes().count(b'"event":"finished"') if ledger.exists() else 0
        return Sample(time.monotonic(), finished, dict(cpu), _machine_busy())

    def _see(self, pid: int, entry: Path) -> None:
        try:
            if not self._ours.get(pid):  # asked again: a process that was just forked may have its parent's memory
                self._ours[pid] = self._mark in (entry / "environ").read_bytes()
            if self._ours[pid]:
                fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                seconds = (int(fields[11]) + int(fields[12])) / CLOCK
                self._used[pid] = (self._kind(pid, (entry / "cmdline").read_bytes()), seconds)
        except OSError:
            pass  # it is gone, or another user's

    def _kind(self, pid: int, command: bytes) -> str:
        text = command.replace(b"\0", b" ").decode(errors="replace")
        if pid == self._driver:
            return "driver"
        if "ray::" in text and "ray::IDLE" not in text:
            return "fits"
        if any(part in text for part in RAY):
            return "ray"
        return "fits"  # a worker of the local executor; its trackers do nothing that counts


def _machine_busy() -> float:
    """CPU seconds of all cores that were not idle, without what a hypervisor took away."""
    fields = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    return sum(int(field) for place, field in enumerate(fields[:7]) if place not in (3, 4)) / CLOCK


def tell(options: argparse.Namespace, what: tuple[str, str], samples: list[Sample], result: dict[str, Any]) -> None:
    """The window, the shares, one line, one measure."""
    grew = [i for i, sample in enumerate(samples) if sample.finished > (samples[i - 1].finished if i else 0)]
    if len(grew) < 2:
        row([*what, "no two fits ended at different moments: give it more --time"], WIDTHS[:3])
        return
    first, last = samples[grew[0]], samples[grew[-1]]
    wall, cores = last.at - first.at, len(os.sched_getaffinity(0))
    spent = {kind: last.cpu.get(kind, 0.0) - first.cpu.get(kind, 0.0) for kind in ("fits", "driver", "ray")}
    shares = {kind: seconds / (cores * wall) for kind, seconds in spent.items()}
    busy = (last.machine - first.machine) / (cores * wall)
    shares |= {"others": max(0.0, busy - sum(shares.values())), "idle": max(0.0, 1.0 - busy)}
    units = last.finished - first.finished
    row([*what, wall, *shares.values(), units / wall, 1000 * spent["fits"] / max(1, units)], WIDTHS)
    found: dict[str, Any] = {"measure": "CPU inside workers over cores x wall", "task": what[0], "executor": what[1]}
    found |= {"value": round(shares["fits"], 4), "goal": GOAL, "cores": cores, "window_s": round(wall, 2)}
    found |= {f"{kind}_share": round(share, 4) for kind, share in shares.items()}
    found |= {key: result[key] for key in ("utilisation", "fit_cpu_s", "overhead_s", "searched_s", "budget_s")}
    record("utilisation", {**found, "units": units, "seed": 0}, options.keep)


def _options() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("--tasks", nargs="+", default=["car_evaluation", "adult"])
    parser.add_argument("--executors", nargs="+", default=["local", "ray"])
    parser.add_argument("--time", default="60s")
    return parser.parse_args()


if __name__ == "__main__":
    main()
