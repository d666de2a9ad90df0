"""Ctrl-C and SIGTERM at any moment: once, clean; twice, at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from automl.cli.screen import Screen
from automl.cli.signals import stoppable
from tests.e2e.support import ROOT, run_inline, settled_lines
from tests.faults.support import Faulty

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", BOTH)
def test_once_is_a_keyboard_interrupt(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    before = [signal.getsignal(one) for one in BOTH]
    with pytest.raises(KeyboardInterrupt), stoppable(Screen()):
        os.kill(os.getpid(), number)
    assert [signal.getsignal(one) for one in BOTH] == before
    assert capfd.readouterr().err.startswith("interrupted: ")


def test_what_a_finalizer_swallowed_is_raised_at_the_next_step(capfd: pytest.CaptureFixture[str]) -> None:
    class Booster:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    steps = []
    with pytest.raises(KeyboardInterrupt), stoppable(Screen(quiet=True)) as stop:
        stop.check()
        steps.append(Booster().__class__.__name__)
        stop.check()
        steps.append("goes on")
    assert steps == ["Booster"]
    assert capfd.readouterr().err == ""


def test_twice_is_at_once() -> None:
    """Whatever is being cleaned up."""
    code = (
        "import os, signal\nfrom automl.cli.screen import Screen\nfrom automl.cli.signals import stoppable\n"
        "with stoppable(Screen(quiet=True)):\n"
        "    try:\n        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    finally:\n        os.kill(os.getpid(), signal.SIGINT)\n        print('cleaned up')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


def test_a_signal_that_another_thread_gets_is_heard() -> None:
    """The kernel may hand it to any thread. The main one is in a call of the system, which nothing else ends."""
    code = (
        "import signal, threading, time\nfrom automl.cli.screen import Screen\n"
        "from automl.cli.signals import stoppable\n"
        "def send():\n    time.sleep(0.2)\n    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)\n"
        "    time.sleep(100)\n"
        "with stoppable(Screen(quiet=True)):\n    threading.Thread(target=send, daemon=True).start()\n"
        "    try:\n        time.sleep(50)\n    except KeyboardInterrupt:\n        print('heard')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=40)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "heard\n", "")


MOMENTS = [
    ("ray", "starting", signal.SIGINT),
    ("ray", "compiling!", signal.SIGTERM),
    ("ray", "fits", signal.SIGINT),
    ("ray", "fits", signal.SIGTERM),
    ("ray", "final!", signal.SIGTERM),
    ("local", "fits", signal.SIGTERM),
    ("local", "final!", signal.SIGINT),
    ("local", "emitting!", signal.SIGTERM),
]


@pytest.mark.slow
@pytest.mark.parametrize(("executor", "point", "number"), MOMENTS)
def test_once(
    executor: str, point: str, number: signal.Signals, tmp_path: Path, spec: Path, drivers: list[Faulty]
) -> None:
    run = tmp_path / "run"
    driver = Faulty(run, [str(spec), "--executor", executor, "--workers", "2", "--trials", "6"], point).start()
    drivers.append(driver)
    driver.until_stopped()
    driver.interrupt(number)
    code, out, err = driver.end()
    assert (code, json.loads(out)["diagnostics"][0]["code"]) == (130, "CLI130"), err
    assert not any(word in err for word in ("Traceback", "Exception", "SIGTERM"))
    driver.check_gone()
    assert not (run / "package").exists() and not (run / "result.json").exists()
    if point in ("fits", "final!", "emitting!"):
        assert (run / "report.html").exists(), "an interrupted run is reported"
    if point == "emitting!":
        assert settled_lines(run) > 6
        run_inline(spec, tmp_path / "plain", trials=6)
        whole = json.loads((tmp_path / "plain" / "result.json").read_text())["digest"]
        assert run_inline(spec, run, trials=6, resume=True)["digest"] == whole


@pytest.mark.slow
def test_twice_on_ray(tmp_path: Path, spec: Path, drivers: list[Faulty]) -> None:
    """The second signal comes while the first one's cleaning up takes too long for the user."""
    driver = Faulty(tmp_path / "run", [str(spec), "--executor", "ray", "--workers", "2"], "closing!", 0.5).start()
    drivers.append(driver)
    driver.until_settled(2)
    driver.interrupt(signal.SIGINT)
    driver.until_stopped()
    driver.interrupt(signal.SIGINT)
    code, _, err = driver.end()
    assert code == 130 and "at once" in err and "Traceback" not in err
    driver.check_gone()
    assert settled_lines(tmp_path / "run") >= 2


@pytest.mark.slow
def test_a_killed_driver_on_ray_leaves_nothing(tmp_path: Path, spec: Path, drivers: list[Faulty]) -> None:
    driver = Faulty(tmp_path / "run", [str(spec), "--executor", "ray", "--workers", "2"], delay_s=0.5).start()
    drivers.append(driver)
    driver.until_settled(2)
    assert driver.process is not None
    driver.process.kill()
    assert driver.end()[0] == -signal.SIGKILL
    driver.check_gone()
