"""`automl compile SPEC`: from a spec and its data to plan.json and automl.lock, before any work is done."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.cli.reply import Reply
from automl.cli.screen import Screen

if TYPE_CHECKING:
    from automl.planning import Planned
    from automl.report.diff import PlanDiff

GRAPHS = (".svg", ".mmd", ".json")  # the keys of report.drawing.DRAWINGS, which --help must not import


def add_arguments(parser: ArgumentParser) -> None:
    """SPEC, where the plan goes, a drawing, and an older plan to compare with."""
    parser.add_argument("spec", type=Path, metavar="SPEC", help="a spec (.yaml)")
    told = "where the plan is written, automl.lock beside it (default: plan.json beside the spec)"
    parser.add_argument("-o", "--output", type=Path, metavar="PLAN", help=told)
    parser.add_argument("--graph", type=_graph, metavar="FILE", help="draw the pipelines: .svg, .mmd or .json")
    told = "show what changed since that plan and what finished work stays valid; alone, it writes no plan and no lock"
    parser.add_argument("--diff", type=Path, metavar="OLD_PLAN", help=told)
    parser.add_argument("--update", action="store_true", help="accept what changed since automl.lock was written")


def run(found: Namespace, screen: Screen) -> Reply:
    """Shows the plan; writes it unless only a comparison was asked for."""
    from automl.driver.plan_files import write_plan
    from automl.errors import error
    from automl.planning import make_plan, read_plan
    from automl.report.diff import compare
    from automl.report.drawing import draw
    from automl.report.files import write_whole

    old = read_plan(found.diff) if found.diff else None  # first: it may be the file that is written below
    planned = make_plan(found.spec)
    if not screen.json:
        screen.show(planned.warnings)
    diff = compare(old, planned.plan) if old is not None else None
    written: dict[str, str] = {}
    if diff is None or found.output or found.update:
        written = write_plan(planned, found.output or found.spec.with_name("plan.json"), found.update)
    if found.graph:
        if str(found.graph) in written.values():
            raise error("CLI006", f"{found.graph}: the plan is there; expected another name for the drawing")
        write_whole(found.graph, draw(planned.plan, found.graph.suffix))
        written["graph"] = str(found.graph)
    return Reply(0, _body(planned, diff, written), _text(planned, diff, written, screen.verbose))


def _body(planned: Planned, diff: PlanDiff | None, written: dict[str, str]) -> dict[str, Any]:
    from automl.report.plan_view import plan_json

    files = {name: written.get(name) for name in ("plan", "lock", "graph")}
    found = {"ok": True, **files, **plan_json(planned.plan)}
    if diff is not None:
        found["diff"] = diff.as_json()
    found["diagnostics"] = [warning.as_json() for warning in planned.warnings]
    return found


def _text(planned: Planned, diff: PlanDiff | None, written: dict[str, str], verbose: bool) -> str:
    from automl.cli.plan_text import plan_text

    compared = "" if diff is None else "".join(f"{line}\n" for line in ["", "changes", *diff.lines()])
    files = "".join(f"\nwrote {place}" for place in written.values())
    return plan_text(planned.plan, verbose) + compared + (f"{files}\n" if files else "")


def _graph(text: str) -> Path:
    path = Path(text)
    if path.suffix not in GRAPHS:
        raise ArgumentTypeError(f"{text!r}: expected a file that ends in {', '.join(GRAPHS)}")
    return path
