"""Spec and schema in, plan out. `PASSES` is the table of contents of the compiler."""

from __future__ import annotations

from collections.abc import Callable

from automl.compiler.check_target import check_target
from automl.compiler.check_types import check_types
from automl.compiler.choose_steps import choose_steps
from automl.compiler.decide_task import decide_task
from automl.compiler.draft import Draft
from automl.compiler.forecast import forecast
from automl.compiler.lay_out_rows import lay_out_rows
from automl.compiler.lay_out_rungs import lay_out_rungs
from automl.compiler.narrow_space import narrow_space
from automl.compiler.order_families import order_families
from automl.compiler.prove_no_leak import prove_no_leak
from automl.compiler.resolve_spec import resolve_spec
from automl.errors import AutomlError
from automl.plan import Plan

PASSES: tuple[Callable[[Draft], Draft], ...] = (
    decide_task,
    resolve_spec,
    lay_out_rows,
    check_target,
    choose_steps,
    narrow_space,
    check_types,
    forecast,
    order_families,
    lay_out_rungs,
    prove_no_leak,
)


def compile_draft(draft: Draft) -> Draft:
    """Run all passes. Pure: no I/O, no clock.

    Raises AutomlError with every finding of the first pass that finds an error.
    """
    for run_pass in PASSES:
        draft = run_pass(draft)
        if any(finding.severity == "error" for finding in draft.findings):
            raise AutomlError(draft.findings)
    return draft


def plan_of(draft: Draft) -> Plan:
    """The finished draft as the value that is written, hashed and run."""
    assert draft.task is not None
    return Plan(
        spec=draft.resolved,
        data_schema=draft.schema,
        task=draft.task,
        classes=draft.classes,
        metric=draft.resolved.metric,
        rows=draft.laid_out,
        rungs=draft.rungs,
        candidates=draft.candidates,
        decisions=draft.decisions,
        floor_s=draft.floor_s,
    )
