"""What is killed while a run is under way: drivers at random points, nodes under a fit, the head of a cluster.

Fits are held where something is to die, so that it dies in the middle on any machine. For tests and benchmarks.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.delays import FINAL, FITS
from tests.e2e.nodes import HEAD, Nodes
from tests.e2e.support import Driver, events, ledger, settled_lines

AGENT = "Agent"  # Ray's agents, idle, want to tell the dead head that their node died, and give up after 60 s
IMPATIENT = {"RAY_gcs_rpc_server_reconnect_timeout_s": "3"}  # a driver that lost the head hopes for a minute else
PAUSE_S = 0.1  # at most, from the point to the kill
AT_THE_END = ("final", "written", "selected", "result")


@dataclass(frozen=True)
class Kill:
    """Where a driver died: at which point, and after how many settled units of how many."""

    point: str
    settled: int
    units: int


def random_points(count: int, units: int, dice: random.Random) -> list[str]:
    """`at:N`: once N units are settled, by N; one in five is at the end, during final fits and emission."""
    at_the_end = max(2, count // 5)
    inside = sorted(dice.sample(range(4, units * 4 // 5, 5), count - at_the_end))
    ends = [f"written:{dice.randrange(1, 20)}" if name == "written" else name for name in AT_THE_END[:at_the_end]]
    return [*(f"at:{number}" for number in inside), *ends]


def kill_at(driver: Driver, point: str, units: int, dice: random.Random) -> Kill:
    """Start the driver and kill it there: fits are held, so that it cannot come to the end of its run before."""
    name, _, number = point.partition(":")
    driver.held, driver.point = True, "nowhere" if name in ("at", "final") else point
    driver.hold(*((FITS, int(number)) if name == "at" else (FINAL,)))
    if name not in ("at", "final"):
        driver.let_go()
    driver.start()
    if name == "at":
        driver.until_settled(int(number))
    elif name == "final":
        driver.until_held()
    else:
        driver.until_stopped()
    time.sleep(dice.random() * PAUSE_S)
    code, out, err = driver.send(signal.SIGKILL)
    assert code == -signal.SIGKILL, (point, out, err)
    driver.until_gone(besides=AGENT)
    driver.let_go()
    return check_killed(driver.run, point, units)


def check_killed(run: Path, point: str, units: int) -> Kill:
    """It died in the middle: some work is settled, not all of it or not yet selected. What stands there is right."""
    settled, chosen = settled_lines(run), ledger(run).events[-1]["event"] == "selected"
    assert not (run / "result.json").exists()
    assert 0 < settled <= units
    assert settled < units or not point.startswith("at"), "some work is left"
    assert chosen == (point == "result")
    return Kill(point, settled, units)


def kill_again_and_again(
    spec: Path, run: Path, ways: Sequence[Sequence[str]], points: Sequence[str], drivers: list[Driver]
) -> list[Kill]:
    """One session for each point, each with the next of `ways` (the arguments for executor and workers); then one that
    comes to the end."""
    dice = random.Random()
    units = len(events(spec.parent / "whole", "settled"))
    kills = []
    for number, point in enumerate([*points, "end"]):
        arguments = [str(spec), *ways[number % len(ways)], *(["--resume"] if number else [])]
        drivers.append(Driver(run, arguments, delay_s=0.02, held=True))
        if point != "end":
            kills.append(kill_at(drivers[-1], point, units, dice))
    code, _, err = drivers[-1].start().end()
    assert code == 0, err
    drivers[-1].until_gone(besides=AGENT)
    return kills


def kill_nodes(spec: Path, run: Path, drivers: list[Driver]) -> Kill:
    """One node comes, and two die one after the other under the same fit; the run comes to its end."""
    with Nodes(0, 1, 1) as nodes:
        driver = Driver(run, [str(spec), "--executor", "ray", "--address", nodes.address], held=True)
        drivers.append(driver)
        driver.hold(FITS, 20)
        driver.start()
        first = driver.until_held()
        nodes.add()
        nodes.kill(first)
        second = driver.until_held(besides=[first])
        settled = settled_lines(run)
        nodes.kill(second)
        driver.until_held(besides=[first, second])
        driver.let_go()
        code, _, err = driver.end()
        assert code == 0, err
        nodes.until_free()
    return Kill("nodes", settled, settled_lines(run))


def kill_head(spec: Path, run: Path, drivers: list[Driver], nodes_too: bool = False) -> Kill:
    """The head dies, alone or with its nodes, and the driver ends without a result. The run is to be resumed."""
    with Nodes(0, 2) as nodes:
        place = ["--executor", "ray", "--address", nodes.address]
        driver = Driver(run, [str(spec), *place], held=True, world=IMPATIENT)
        drivers.append(driver)
        driver.hold(FITS, 30)
        driver.start()
        held = driver.until_held()
        nodes.kill(HEAD)
        if nodes_too:
            nodes.kill(held)
        code, _, err = driver.end()
        assert code != 0, err
    driver.until_gone()
    driver.let_go()
    return check_killed(run, "at:30", len(events(spec.parent / "whole", "settled")))
