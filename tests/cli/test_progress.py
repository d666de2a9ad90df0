from __future__ import annotations

import io
import sys

import pytest

from automl.cli.progress import Progress, progress
from automl.cli.screen import Screen
from automl.driver.options import Stage
from automl.jobs import Outcome
from automl.plan import TrialScore
from automl.search.events import Asked, BestChanged, Cut, Finished, Retried, Settled, UnscoredTrial
from automl.search.virtual import Unit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def scored(number: int, score: float = 0.5) -> TrialScore:
    return TrialScore(number=number, candidate="linear", params={}, folds=(score,), score=score)


def failed(number: int) -> UnscoredTrial:
    return UnscoredTrial(number, "linear", {}, Outcome.FAILED, "ValueError: \x1b[31mno")


def play(watch: Progress, clock: Clock, trials: int, step: float) -> None:
    for number in range(trials):
        clock.now += step
        watch(Asked(number, "linear", {}, known=False))
        watch(Finished(Unit(number, 1, 0), Outcome.OK, step, step))
        watch(Settled(failed(number) if number % 10 == 9 else scored(number), number + 1, known=False, longest_s=0.1))


def test_plain_lines_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    watch = Progress(Screen(), None, clock)
    watch(Stage("plan", "tiny, 2 workers", 1000))
    watch(BestChanged(scored(3, 0.75)))
    play(watch, clock, 1000, 0.01)  # ten seconds
    watch(Cut(3000))
    watch(Stage("emit"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "search: tiny, 2 workers"
    assert lines[1].endswith("of 1000 trials (50 without a score), best 0.75 (linear), 5.0 s")
    assert lines[-2].startswith("time is up after 3000 fits; 1000 of 1000 trials (100 without a score)")
    assert lines[-1] == "writing the package" and len(lines) <= 5


def test_verbose_tells_every_trial_once_and_nothing_of_a_continued_run(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Progress(Screen(verbose=True), None, Clock())
    watch(Settled(scored(0), 1, known=True, longest_s=0.1))
    watch(Settled(scored(1, 0.25), 2, known=False, longest_s=0.1))
    watch(Settled(failed(2), 3, known=False, longest_s=0.1))
    watch(Retried(Unit(3, 2, 1), 1))
    assert capsys.readouterr().err.splitlines() == [
        "trial 1: linear 0.25",
        "trial 2: linear failed ValueError: \\x1b[31mno",
        "trial 3, rung 2, fold 1: its worker died; tried again",
    ]
    assert watch.summary().startswith("3 trials (1 without a score)")


def test_quiet_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Screen(quiet=True)) as watch:
        watch(Stage("emit"))
        watch(Cut(1))
    assert capsys.readouterr().err == ""


def test_no_bar_and_no_colour_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Screen()) as watch:
        watch(Stage("plan", trials=2))
        watch(Settled(scored(0), 1, known=False, longest_s=0.1))
    assert capsys.readouterr().err == "search\n"


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress(Screen()) as watch:
        watch(Stage("plan", trials=4))
        watch(BestChanged(scored(0, 0.75)))
        monkeypatch.setattr("automl.cli.progress.REDRAW_S", 0.0)
        watch(Settled(scored(0), 1, known=False, longest_s=0.1))
        watch(Stage("emit"))
    assert "1/4" in terminal.getvalue() and "best 0.75 (linear)" in terminal.getvalue()
    assert "writing the package\n" in terminal.getvalue()
