"""`automl train`: search, select, fit, emit."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.cli.parser import positive, seconds
from automl.cli.reply import Reply
from automl.cli.screen import Screen
from automl.cli.signals import Stop, stoppable

if TYPE_CHECKING:
    from automl.driver.options import Stage, Waiting, Watch
    from automl.search.events import Event


def add_arguments(parser: ArgumentParser) -> None:
    """SPEC or PLAN, where it runs, how long, and what happens to a run that is there."""
    parser.add_argument("source", type=Path, metavar="SPEC|PLAN", help="a spec (.yaml) or a compiled plan (.json)")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder of the run (default: runs/NAME)")
    parser.add_argument(
        "--executor", choices=("ray", "local", "inline"), help="where fits run (default: as the spec says)"
    )
    parser.add_argument("--workers", type=positive, metavar="N", help="fits at the same time; never changes the result")
    addresses = "HOST:PORT, auto or ray://HOST:PORT; local: none (default: as the spec says, then RAY_ADDRESS)"
    parser.add_argument("--address", metavar="A", help=f"a running Ray cluster: {addresses}")
    parser.add_argument("--trials", type=positive, metavar="N", help="replaces the spec's whole budget")
    parser.add_argument("--time", type=seconds, metavar="T", help="replaces the spec's whole budget: 90s, 10m, 2h")
    there = parser.add_mutually_exclusive_group()
    there.add_argument("--resume", action="store_true", help="continue, extend or return the run in DIR")
    there.add_argument("--overwrite", action="store_true", help="delete the run in DIR and start again")


def run(found: Namespace, screen: Screen) -> Reply:
    """The answer is the content of result.json; progress is told on stderr."""
    began = time.monotonic()  # imports count

    from automl.cli.progress import progress
    from automl.driver.options import TrainOptions
    from automl.training import train

    options = TrainOptions(
        source=found.source,
        out=found.output,
        executor=found.executor,
        workers=found.workers,
        address=found.address,
        trials=found.trials,
        time_s=found.time,
        resume=found.resume,
        overwrite=found.overwrite,
        began=began,
    )
    with stoppable(screen) as stop, progress(screen) as watch:
        result = train(options, _checked(watch, stop))
    return Reply(0, result, summary(result))


def _checked(watch: Watch, stop: Stop) -> Watch:
    """`watch`, which looks after each fit and before the last steps whether the run was interrupted."""
    from automl.driver.options import Stage
    from automl.search.events import Finished

    def told(event: Event | Stage | Waiting) -> None:
        if isinstance(event, Finished) or (isinstance(event, Stage) and event.kind in ("final", "emit")):
            stop.check()
        watch(event)

    return told


def summary(result: Mapping[str, Any]) -> str:
    """What a person wants to know of a finished run."""
    from automl.report.units import score_text, seconds_text

    metric, held = result["metric"], result.get("holdout_score")
    counts = ", ".join(f"{number} {outcome}" for outcome, number in result["trials"].items() if number)
    members = [f"{m['candidate']} (weight {m['weight']:g})" for m in result["winner"]["members"]]
    lines = [
        ("winner", "; ".join(members)),
        ("validation", f"{metric} {score_text(result.get('validation_score'))}"),
        ("holdout", f"{metric} {score_text(held)}" if held is not None else "none"),
        ("trials", f"{counts}; {seconds_text(result['wall_s'])} in all"),
        ("run", f"{result['run']} (report.html, leaderboard.csv, result.json)"),
        ("package", f"{result['package']} ({result['digest']})"),
        ("next", f"automl predict {result['package']} DATA -o OUT"),
    ]
    return "".join(f"{name:<11}{text}\n" for name, text in lines)
