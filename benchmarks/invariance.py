"""One spec, one package: the digest of a run for every number of workers, and after all that can happen to it.

    python benchmarks/invariance.py [--trials 60] [--kills 20] [--kills-on ray] [--only WORD ...] [--out FILE]

Each case is an `automl train` process (or several, one after the other) with fits that take a random time; `same` says
whether what was tried, what was settled and every byte of the package equal those of the run inline. A table on stderr,
and one JSON line per case appended to --out. The full size takes about six minutes on two idle cores. Exit code 1 where
a case differs.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the scenarios are those of the tests

from record import append, circumstances  # noqa: E402

from tests.e2e.data import write_spec  # noqa: E402
from tests.e2e.kills import Kill, kill_again_and_again, kill_at, kill_head, kill_nodes, random_points  # noqa: E402
from tests.e2e.nodes import Nodes  # noqa: E402
from tests.e2e.support import Driver, asked, events, files_of, settled  # noqa: E402

OUT = ROOT / "benchmarks" / "results" / "invariance.jsonl"
WORKERS = (("local", 1), ("local", 2), ("local", 4), ("ray", 1), ("ray", 2), ("ray", 4), ("ray", 8))


@dataclass
class Bench:
    """The spec, the cluster that drivers join, every driver that was started. `spec.parent/whole` is the reference."""

    spec: Path
    address: str
    trials: int
    kills: int
    kills_on: str
    drivers: list[Driver] = field(default_factory=list)

    def place(self, executor: str, workers: int | None = None) -> list[str]:
        """The arguments for an executor."""
        address = ["--address", self.address] if executor == "ray" else []
        return ["--executor", executor, *address, *(["--workers", str(workers)] if workers else [])]

    def train(self, run: Path, *arguments: str) -> None:
        """One session that has to come to its end."""
        self.drivers.append(Driver(run, [str(self.spec), *arguments], delay_s=0.04).start())
        code, _, err = self.drivers[-1].end()
        if code != 0:
            raise RuntimeError(f"exit code {code}: {err}")

    @property
    def units(self) -> int:
        """How many the reference settled."""
        return len(settled(self.spec.parent / "whole"))


Case = Callable[[Bench, Path], list[Kill]]


def plain(executor: str, workers: int | None) -> Case:
    """A run that nothing happens to."""

    def case(bench: Bench, run: Path) -> list[Kill]:
        bench.train(run, *bench.place(executor, workers))
        return []

    return case


def drivers_killed(bench: Bench, run: Path) -> list[Kill]:
    """kill -9 of the driver, again and again; workers change from session to session."""
    inline = bench.kills_on == "inline"
    ways = [bench.place(bench.kills_on, None if inline else workers) for workers in (2, 1, 4)]
    points = random_points(bench.kills, bench.units, random.Random())
    return kill_again_and_again(bench.spec, run, ways, points, bench.drivers)


def nodes_killed(bench: Bench, run: Path) -> list[Kill]:
    """A node comes, two die under one fit."""
    return [kill_nodes(bench.spec, run, bench.drivers)]


def head_killed(bench: Bench, run: Path) -> list[Kill]:
    """The head and its nodes die; another cluster goes on."""
    kill = kill_head(bench.spec, run, bench.drivers, nodes_too=True)
    bench.train(run, *bench.place("ray", 2), "--resume")
    return [kill]


def extended(bench: Bench, run: Path) -> list[Kill]:
    """A third of the trials, two thirds, all; each session with another executor."""
    for part, place in ((3, bench.place("inline")), (2, bench.place("ray", 2)), (1, bench.place("local", 2))):
        bench.train(run, *place, "--trials", str(bench.trials // part), "--resume")
    return []


def extended_after_kill(bench: Bench, run: Path) -> list[Kill]:
    """The session with the smaller budget dies; the run goes on with the whole budget."""
    few = str(bench.trials // 3)
    bench.drivers.append(Driver(run, [str(bench.spec), *bench.place("local", 2), "--trials", few]))
    kill = kill_at(bench.drivers[-1], f"at:{bench.trials // 4}", bench.units, random.Random())
    bench.train(run, *bench.place("inline"), "--resume")
    return [kill]


def extended_after_cut(bench: Bench, run: Path) -> list[Kill]:
    """A clock ends the run early; it goes on with a budget in trials."""
    trials = ["--trials", str(bench.trials)]
    bench.train(run, *bench.place("local", 2), *trials, "--time", "8s")
    cut = len(settled(run))
    bench.train(run, *bench.place("local", 2), *trials, "--resume")
    return [Kill("cut", cut, bench.units)]


CASES: dict[str, Case] = {
    **{f"{executor}, {workers} workers": plain(executor, workers) for executor, workers in WORKERS},
    "node added, two nodes killed": nodes_killed,
    "driver killed, resumed": drivers_killed,
    "head killed, resumed elsewhere": head_killed,
    "extended twice, three executors": extended,
    "killed, extended": extended_after_kill,
    "cut by the clock, extended": extended_after_cut,
}


def measured(name: str, case: Case, bench: Bench, run: Path) -> dict[str, Any]:
    """One case: how it came out, beside the reference."""
    whole, began = bench.spec.parent / "whole", time.monotonic()
    kills = case(bench, run)
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    same = [look(run) == look(whole) for look in (asked, settled, lambda place: files_of(place / "package"))]
    return {
        "measure": "invariance",
        "case": name,
        "trials": bench.trials,
        "seed": 0,
        "digest": result["digest"],
        "same": all(same),
        "seconds": round(time.monotonic() - began, 1),
        "retried": sum(int(line["times"]) for line in events(run, "retried")),
        "clock_events": result["clock_events"],
        "in_the_middle": [f"{kill.point} {kill.settled}/{kill.units}" for kill in kills],
    }


def replayed(bench: Bench, run: Path) -> dict[str, Any]:
    """A run that a clock cut, with its search replayed from its decisions by `automl verify`."""
    import subprocess

    began = time.monotonic()
    bench.train(run, *bench.place("local", 2), "--time", "8s")
    driver = [sys.executable, "-m", "tests.e2e.driver", "nowhere", str(run.with_name("stopped"))]  # as the run was made
    line = [*driver, "verify", str(run / "package"), "--search", "--format", "json"]
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    return {
        "measure": "invariance",
        "case": "cut by the clock, replayed",
        "trials": len(asked(run)),
        "seed": 0,
        "digest": result["digest"],
        "same": ended.returncode == 0 and json.loads(ended.stdout)["differences"] == [],
        "seconds": round(time.monotonic() - began, 1),
        "retried": 0,
        "clock_events": result["clock_events"],
        "in_the_middle": [f"cut {len(settled(run))}"],
    }


def show(line: dict[str, Any]) -> None:
    """A row of the table."""
    middle = line["in_the_middle"]
    places = ", ".join(middle[:2] + (["..."] if len(middle) > 3 else []) + middle[2:][-1:])
    digest, same = line["digest"].removeprefix("sha256:")[:12], "same" if line["same"] else "DIFFERENT"
    cells = f"{digest:<14}{same:<11}{line['seconds']:>7.1f}{line['retried']:>9}{line['clock_events']:>11}"
    print(f"{line['case']:<34}{cells}  {places}", file=sys.stderr, flush=True)


def main() -> int:
    """Run the cases; 1 where one of them differs."""
    options = arguments(sys.argv[1:])
    head = f"{'digest':<14}{'':<11}{'s':>7}{'retried':>9}{'decisions':>11}"
    print(f"{'case':<34}{head}  in the middle", file=sys.stderr)
    different = 0
    with tempfile.TemporaryDirectory() as folder, Nodes(0, 4, 4) as nodes:
        spec = write_spec(Path(folder), options.trials)
        bench = Bench(spec, nodes.address, options.trials, options.kills, options.kills_on)
        try:
            bench.train(spec.parent / "whole", "--executor", "inline")
            for line in lines(bench, options.only):
                append(options.out, {**line, **circumstances()})
                show(line)
                different += not line["same"]
        finally:
            for driver in bench.drivers:
                driver.clean()
    return min(different, 1)


def lines(bench: Bench, only: Sequence[str]) -> Any:
    """The lines of the cases whose name has one of the words, as they come."""
    folder = bench.spec.parent
    for number, (name, case) in enumerate(CASES.items()):
        if not only or any(word in name for word in only):
            yield measured(name, case, bench, folder / str(number))
    if not only or any(word in "cut by the clock, replayed" for word in only):
        yield replayed(bench, folder / "replayed")


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--kills-on", choices=["inline", "local", "ray"], default="ray")
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--out", type=Path, default=OUT)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
