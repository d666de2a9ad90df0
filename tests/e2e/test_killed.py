"""Drivers that die in the middle, and what comes after them. The fits of these drivers take a random time."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path

import pytest

from automl.driver.options import TrainOptions
from automl.training import train
from tests.e2e.kills import AGENT, kill_again_and_again, random_points
from tests.e2e.nodes import Nodes
from tests.e2e.support import Driver, command, events, files_of, ledger, settled_lines
from tests.e2e.test_same_winner import check_same


def check_died_in_the_middle(run: Path) -> None:
    """Some work is settled, and the run did not finish. Every whole line of the ledger is right."""
    assert settled_lines(run) > 0
    assert not (run / "result.json").exists()
    assert ledger(run).events


def resume(spec: Path, run: Path) -> None:
    """Continue in this process, inline."""
    train(TrainOptions(source=spec, out=run, executor="inline", resume=True), lambda _event: None)


@pytest.mark.slow
def test_a_killed_driver_is_continued(spec: Path, finished: Path, tmp_path: Path, drivers: list[Driver]) -> None:
    run = tmp_path / "run"
    drivers.append(Driver(run, [str(spec), "--executor", "inline"], "torn:10").start())
    drivers[0].until_stopped()
    assert drivers[0].send(signal.SIGKILL)[0] == -signal.SIGKILL
    check_died_in_the_middle(run)
    assert ledger(run).torn > 0
    resume(spec, run)
    assert ledger(run).torn == 0
    check_same(run, finished)


def test_ctrl_c_and_status(
    spec: Path, finished: Path, tmp_path: Path, drivers: list[Driver], capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    drivers.append(Driver(run, [str(spec), "--executor", "inline"], "settled:4").start())
    drivers[0].until_stopped()
    during = command(capsys, "status", run).told
    assert during["state"] == "running"
    assert 0 < during["remaining"] < 15
    second = command(capsys, "train", spec, "-o", run, "--executor", "inline", "--resume")
    assert (second.code, second.codes) == (1, {"LED002"})
    overwriting = command(capsys, "train", spec, "-o", run, "--executor", "inline", "--overwrite")
    assert (overwriting.code, overwriting.codes) == (1, {"LED002"})
    code, out, _ = drivers[0].send(signal.SIGINT)
    assert (code, json.loads(out)["diagnostics"][0]["code"]) == (130, "CLI130")
    check_died_in_the_middle(run)
    assert (run / "report.html").exists(), "an interrupted run is reported"
    assert command(capsys, "status", run).told["state"] == "stopped"
    resume(spec, run)
    assert command(capsys, "status", run).told["state"] == "finished"
    check_same(run, finished)


def test_a_ledger_cut_anywhere_is_continued(spec: Path, finished: Path, tmp_path: Path) -> None:
    check_cuts(spec, finished, tmp_path, [0.3])


@pytest.mark.slow
def test_a_ledger_cut_at_twenty_places_is_continued(spec: Path, finished: Path, tmp_path: Path) -> None:
    check_cuts(spec, finished, tmp_path, [(place + 0.5) / 20 for place in range(20)])


def check_cuts(spec: Path, finished: Path, tmp_path: Path, shares: list[float]) -> None:
    """What a power cut leaves: the beginning of a ledger, seldom whole lines, and nothing else."""
    content = (finished / "ledger.jsonl").read_bytes()
    header = content.index(b"\n") + 1
    for share in shares:
        run = tmp_path / f"{share:.3f}"
        run.mkdir()
        (run / "ledger.jsonl").write_bytes(content[: header + int(share * (len(content) - header))])
        resume(spec, run)
        check_same(run, finished)


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "ray"])
def test_a_driver_killed_again_and_again_is_continued(
    executor: str, finished: Path, spec: Path, tmp_path: Path, drivers: list[Driver]
) -> None:
    """Each session continues the one before and is killed further on, up to the last step."""
    run = tmp_path / "run"
    most = len(events(finished, "settled"))
    points = ["settled:1", "settled:7", f"torn:{most // 2}", f"settled:{most - 2}", "package", "selected", "result"]
    for point in points if executor == "inline" else [f"settled:{most // 2}", "package"]:
        driver = Driver(run, [str(spec), "--executor", executor, "--resume"], point).start()
        drivers.append(driver)
        driver.until_stopped()
        assert driver.send(signal.SIGKILL)[0] == -signal.SIGKILL
        check_died_in_the_middle(run)
        driver.until_gone(besides=AGENT)
    driver = Driver(run, [str(spec), "--executor", executor, "--resume"]).start()
    drivers.append(driver)
    code, out, err = driver.end()
    assert code == 0, (out, err)
    check_same(run, finished)
    left = [path.name for path in run.iterdir() if path.name.startswith(".")]
    assert left == [], "what a killed driver was writing is cleaned up"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("executor", ["inline", "local", "ray"])
def test_an_interrupted_driver_leaves_nothing_running(
    executor: str, number: signal.Signals, spec: Path, finished: Path, tmp_path: Path, drivers: list[Driver]
) -> None:
    run = tmp_path / "run"
    drivers.append(Driver(run, [str(spec), "--executor", executor], delay_s=0.5).start())
    drivers[0].until_settled(4)
    code, _, err = drivers[0].send(number)
    assert code == 130, err
    assert "Traceback" not in err
    drivers[0].until_gone()
    check_died_in_the_middle(run)
    resume(spec, run)
    check_same(run, finished)


@pytest.mark.slow
def test_twenty_kills_by_turns_inline_and_in_processes(sixty: Path, tmp_path: Path, drivers: list[Driver]) -> None:
    """The executor and the number of workers change from session to session."""
    ways = [["--executor", "inline"], *(["--executor", "local", "--workers", count] for count in ("1", "2", "4"))]
    points = random_points(20, len(events(sixty.parent / "whole", "settled")), random.Random())
    kills = kill_again_and_again(sixty, tmp_path / "run", ways, points, drivers)
    check_same(tmp_path / "run", sixty.parent / "whole")
    assert len({kill.settled for kill in kills}) > 8, "all over the run"


@pytest.mark.slow
def test_five_kills_on_ray(sixty: Path, standing: Nodes, tmp_path: Path, drivers: list[Driver]) -> None:
    """On a cluster that stays, with other numbers of workers; the last session needs no Ray."""
    place = ["--executor", "ray", "--address", standing.address]
    ways = [*([*place, "--workers", count] for count in ("2", "8", "1", "4", "3")), ["--executor", "inline"]]
    points = random_points(5, len(events(sixty.parent / "whole", "settled")), random.Random())
    kill_again_and_again(sixty, tmp_path / "run", ways, points, drivers)
    check_same(tmp_path / "run", sixty.parent / "whole")
    standing.until_free()


def test_what_is_compared_is_there(finished: Path) -> None:
    """The package of the unbroken run has its parts, so that equal is not equally empty."""
    assert len(files_of(finished / "package")) > 20
    assert settled_lines(finished) > 20
    assert not list(finished.glob(".*"))
