"""A plan as tables for people: columns, decisions, candidates, and the work to expect."""

from __future__ import annotations

from automl.cli.table import table
from automl.compiler.forecast import floors
from automl.params import Choice, Param
from automl.plan import Plan
from automl.report.plan_view import fits_per_trial, steps, work
from automl.report.units import bytes_text, seconds_text


def plan_text(plan: Plan, verbose: bool) -> str:
    """The whole text; `verbose` adds the search space of every candidate."""
    parts = [_head(plan), _columns(plan), _decisions(plan), _candidates(plan)]
    if verbose:
        parts.append(_spaces(plan))
    return "\n".join([*parts, _work(plan)])


def _head(plan: Plan) -> str:
    schema = plan.data_schema
    classes = f" ({', '.join(plan.classes[:8])}{', ...' if len(plan.classes) > 8 else ''})" if plan.classes else ""
    table_size = f"{schema.rows} rows, {len(schema.columns)} columns"
    return f"{plan.spec.name}: {plan.task} task{classes}, {table_size}, metric {plan.scorer.label}\n"


def _columns(plan: Plan) -> str:
    rows = [
        (c.name, c.kind.value, c.role, str(c.missing), str(c.distinct), c.reason or "")
        for c in plan.data_schema.columns
    ]
    headers = ("column", "kind", "role", "missing", "distinct", "reason")
    return "columns\n" + table(headers, rows, frozenset({3, 4}))


def _decisions(plan: Plan) -> str:
    if not plan.decisions:
        return "decisions\n  none: the spec says everything\n"
    rows = [(d.subject, d.value, d.reason) for d in plan.decisions]
    return "decisions\n" + table(("what", "value", "why"), rows)


def _candidates(plan: Plan) -> str:
    rows = [
        (
            c.id,
            str(len(c.space)),
            str(fits_per_trial(plan, c)),
            seconds_text(c.forecast.cpu_s),
            bytes_text(c.forecast.memory_bytes),
            " -> ".join(steps(c)),
        )
        for c in plan.candidates
    ]
    headers = ("candidate", "free", "fits/trial", "CPU/fit", "memory/fit", "steps (raw columns read)")
    return "candidates\n" + table(headers, rows, frozenset({1, 2, 3, 4}))


def _spaces(plan: Plan) -> str:
    rows = [(c.id, name, _space(param)) for c in plan.candidates for name, param in c.space.items()]
    return "search space\n" + (table(("candidate", "parameter", "values (default)"), rows) if rows else "  none\n")


def _space(param: Param) -> str:
    if isinstance(param, Choice):
        return f"{' | '.join(str(option) for option in param.options)} ({param.default})"
    return f"{param.low:g} to {param.high:g}{', log scale' if param.log else ''} ({param.default:g})"


def _work(plan: Plan) -> str:
    """How long it may take, and the shortest time budget that still gives a package."""
    found, budget = work(plan), plan.spec.search.budget
    ends = [] if budget.trials is None else [f"{budget.trials} trials"]
    ends += [] if budget.time_s is None else [seconds_text(budget.time_s)]
    rows = [("budget", " or ".join(ends) + ", whichever is reached first" if len(ends) > 1 else ends[0])]
    if found.fits is not None:
        rows.append(
            ("fits", f"{found.fits} at most: {found.trials} trials x {found.trial_fits} fits, and the final ones")
        )
        rows.append(("predicted CPU", f"about {seconds_text(found.cpu_s)} (mean over the candidates)"))
    else:
        rows.append(("predicted CPU", f"about {seconds_text(found.trial_cpu_s)} per trial of {found.trial_fits} fits"))
    rows.append(("memory", f"at most {bytes_text(found.peak_bytes)} per fit beyond the table"))
    least = ", ".join(f"{seconds_text(floor)} ({name})" for name, floor in floors(plan.floor_s).items())
    rows.append(("shortest time", f"{least}: to start, fit the baseline and write a package"))
    return "work\n" + "".join(f"  {name:<15}{text}\n" for name, text in rows)
