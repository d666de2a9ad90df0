"""report.html: one file without scripts or links, every text escaped, for people who were not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automl.jobs import Outcome
from automl.plan import Plan
from automl.report.chart import history_svg
from automl.report.drawing import candidate_svg
from automl.report.history import TrialRow
from automl.report.markup import xml_text
from automl.report.overview import SHOWN, Overview
from automl.report.plan_view import steps
from automl.report.units import bytes_text, score_text, seconds_text

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.2rem }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 13px }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
code { overflow-wrap: anywhere } svg { max-width: 100%; height: auto; background: #fff }
svg text { font-size: 12px; fill: #223 } circle { fill: #4a7ab5; opacity: .6 }
.axis { fill: none; stroke: #889 } .best { fill: none; stroke: #c33; stroke-width: 1.5 }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # were a text ever taken for markup, nothing could load or run


def report_html(
    plan: Plan, trials: Overview, result: Mapping[str, Any], refused: Mapping[str, Any] | None = None
) -> str:
    """The page for a run: `result` is the content of result.json (an empty mapping for a run that is not done);
    `refused`: what the ledger says of a winner that missed a criterion."""
    title = xml_text(f"{plan.spec.name}: {plan.task}, {plan.scorer.label}")
    parts = [
        _outcome(plan, trials, result, refused),
        _criteria(refused),
        _history(trials),
        _leaders(trials),
        _failures(trials, len(plan.rungs)),
    ]
    parts += [_graph(plan, _winner(trials, result, refused)), _columns(plan), _decisions(plan), _candidates(plan)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _outcome(plan: Plan, trials: Overview, result: Mapping[str, Any], refused: Mapping[str, Any] | None) -> str:
    lines = [
        (
            "table",
            f"{plan.data_schema.rows} rows, {len(plan.data_schema.columns)} columns, target {plan.spec.data.target}",
        )
    ]
    if result:
        members = result["winner"]["members"]
        lines.append(("winner", "; ".join(f"{m['candidate']} (weight {m['weight']:g})" for m in members)))
        lines += _scores(plan, result)
        lines.append(("package digest", str(result["digest"])))
        budget = result.get("budget_s")
        of = "" if budget is None else f" of {seconds_text(budget)}"
        lines.append(("time", f"{seconds_text(result.get('wall_s'))}{of}"))
    elif refused is not None:
        lines.append(("state", "not accepted: the winner missed a criterion, and nothing was emitted"))
        lines.append(("winner", f"{refused['candidate']} (trial {refused['trial']})"))
        lines += _scores(plan, refused)
    else:
        lines.append(("state", "not finished: there is no result.json"))
    lines.append(("trials", ", ".join(f"{n} {outcome}" for outcome, n in trials.counts.items()) or "none"))
    return _table((), [list(line) for line in lines])


def _scores(plan: Plan, of: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{plan.scorer.label}, validation folds", score_text(of.get("validation_score"))),
        (f"{plan.scorer.label}, holdout", score_text(of.get("holdout_score"))),
    ]


def _criteria(refused: Mapping[str, Any] | None) -> str:
    found = [] if refused is None else refused["criteria"]
    cells = [[each["criterion"], each["measured"], "met" if each["met"] else "missed"] for each in found]
    return f"<h2>Acceptance criteria</h2>\n{_table(('criterion', 'measured', 'verdict'), cells)}" if cells else ""


def _history(trials: Overview) -> str:
    chart = history_svg(trials)
    told = "<p>Every trial's mean over the folds; the line is the best so far.</p>"
    return f"<h2>Search</h2>\n{told}\n{chart}" if chart else ""


def _leaders(trials: Overview) -> str:
    cells = [_leader(rank, row) for rank, row in enumerate(trials.best, start=1)]
    more = f"<p>{trials.scored - SHOWN} more in leaderboard.csv.</p>" if trials.scored > SHOWN else ""
    heads = ("rank#", "trial#", "candidate", f"{trials.metric.label}#", "folds#", "rounds#", "time#", "parameters")
    return f"<h2>Leaderboard</h2>\n{_table(heads, cells)}{more}" if cells else ""


def _leader(rank: int, row: TrialRow) -> list[str]:
    params = ", ".join(f"{name} {value}" for name, value in row.params.items())
    scores = [score_text(row.score), _spread(row), "" if row.rounds is None else str(row.rounds)]
    return [str(rank), str(row.number), row.candidate, *scores, seconds_text(row.wall_s), params]


def _failures(trials: Overview, rungs: int) -> str:
    heads = ("trial#", "candidate", "outcome", "why")
    cells = [
        [str(row.number), row.candidate, row.outcome, row.error or _stopped(row, rungs)] for row in trials.unscored
    ]
    left = sum(trials.counts.values()) - trials.scored - len(trials.open) - len(cells)
    more = f"<p>{left} more in leaderboard.csv.</p>" if left else ""
    return f"<h2>Trials without a score</h2>\n{_table(heads, cells)}{more}" if cells else ""


def _stopped(row: TrialRow, rungs: int) -> str:
    """Why a trial without an error has no score either: where the race left it behind."""
    if row.outcome != Outcome.PRUNED or row.rung is None:
        return ""
    return f"stopped after rung {row.rung + 1} of {rungs}: others were better there"


def _winner(trials: Overview, result: Mapping[str, Any], refused: Mapping[str, Any] | None) -> str | None:
    """The winner's candidate; that of the best trial so far where there is no winner yet."""
    if result:
        return str(result["winner"]["members"][0]["candidate"])
    if refused is not None:
        return str(refused["candidate"])
    return trials.best[0].candidate if trials.best else None


def _graph(plan: Plan, winner: str | None) -> str:
    shown = [candidate for candidate in plan.candidates if candidate.id == winner]
    if not shown:
        return ""
    width, height, body = candidate_svg(shown[0])
    return f'<h2>Pipeline</h2>\n<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img">{body}</svg>'


def _columns(plan: Plan) -> str:
    cells = [
        [c.name, c.kind.value, c.role, str(c.missing), str(c.distinct), c.reason or ""]
        for c in plan.data_schema.columns
    ]
    return f"<h2>Columns</h2>\n{_table(('column', 'kind', 'role', 'missing#', 'distinct#', 'reason'), cells)}"


def _decisions(plan: Plan) -> str:
    cells = [[d.subject, d.value, d.reason] for d in plan.decisions]
    return f"<h2>Decisions</h2>\n{_table(('what', 'value', 'why'), cells)}" if cells else ""


def _candidates(plan: Plan) -> str:
    cells = [
        [c.id, " -> ".join(steps(c)), seconds_text(c.forecast.cpu_s), bytes_text(c.forecast.memory_bytes)]
        for c in plan.candidates
    ]
    return f"<h2>Candidates</h2>\n{_table(('candidate', 'steps', 'predicted CPU per fit#', 'memory per fit#'), cells)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a head that ends in # is a column of numbers."""
    numeric = [head.endswith("#") for head in heads] or [False] * 20
    head = "".join(f"<th{_class(n)}>{xml_text(h.removesuffix('#'))}</th>" for h, n in zip(heads, numeric, strict=False))
    body = "".join(
        "<tr>" + "".join(f"<td{_class(n)}>{xml_text(c)}</td>" for c, n in zip(row, numeric, strict=False)) + "</tr>\n"
        for row in rows
    )
    return f"<table>\n{f'<tr>{head}</tr>' if heads else ''}\n{body}</table>"


def _class(numeric: bool) -> str:
    return ' class="n"' if numeric else ""


def _spread(row: TrialRow) -> str:
    return f"{score_text(min(row.folds))} to {score_text(max(row.folds))}" if row.folds else ""
