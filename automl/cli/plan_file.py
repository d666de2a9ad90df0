"""Reading a plan that was written before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automl.errors import error

if TYPE_CHECKING:
    from automl.plan import Plan


def read_plan(path: Path) -> Plan:
    """The plan in a plan.json. Raises AutomlError where it is none, or of another format."""
    from pydantic import ValidationError

    from automl.plan import PLAN_FORMAT, Plan

    try:
        plan = Plan.model_validate_json(path.read_bytes())
    except OSError as refused:
        raise error("CLI002", f"cannot read the plan {path}: {refused.strerror}") from None
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        hint = "expected a plan.json written by `automl compile` of this version"
        raise error("CLI003", f"{path} is no plan: {place}: {first['msg']}", hint) from None
    if plan.format != PLAN_FORMAT:
        raise error("CLI004", f"{path} has plan format {plan.format}; this version reads format {PLAN_FORMAT}")
    return plan
