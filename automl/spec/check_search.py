"""Checks of the search: budget, limits, families, and the search space against the catalog."""

from __future__ import annotations

from typing import Final

from automl.catalog import FAMILIES, OPERATORS
from automl.errors import nearest
from automl.spec.check_space import check_space
from automl.spec.findings import Findings, one_of
from automl.spec.places import Path, quoted
from automl.spec.units import format_size, format_time
from automl.spec.written import WrittenBudget, WrittenSearch, WrittenTrial

# Beyond these a limit is a slip of the finger, and clocks, system calls or the driver's memory would overflow.
LONGEST_S: Final = 3650 * 86400.0
MOST_BYTES: Final = 2**60
MOST_SLOTS: Final = 65_536


def check_search(search: WrittenSearch, task: str | None, findings: Findings) -> None:
    """The part `search`; `task` where the spec names one."""
    if search.budget is not None:
        _check_budget(search.budget, findings)
    if search.trial is not None:
        _check_trial(search.trial, findings)
    if search.parallelism is not None and search.parallelism < 1:
        message = f"search.parallelism: expected 1 or more, found {search.parallelism}"
        findings.error("SPEC052", ("search", "parallelism"), message)
    findings.at_most(("search", "parallelism"), search.parallelism, MOST_SLOTS)
    _check_families(search, task, findings)
    check_space(search.space or {}, task, findings)


def _check_budget(budget: WrittenBudget, findings: Findings) -> None:
    path: Path = ("search", "budget")
    if budget.trials is not None and budget.trials < 1:
        message = f"search.budget.trials: expected 1 or more, found {budget.trials}"
        findings.error("SPEC035", (*path, "trials"), message)
    if budget.time is not None and budget.time <= 0:
        message = f"search.budget.time: expected more than zero, found {format_time(budget.time)}"
        findings.error("SPEC035", (*path, "time"), message)
    findings.at_most((*path, "time"), budget.time, LONGEST_S, format_time(LONGEST_S))
    spoilt = any(bad[:2] == path for bad in findings.bad)
    if budget.trials is None and budget.time is None and not spoilt:
        message = "search.budget has neither trials nor time"
        findings.error("SPEC035", path, message, "write {trials: 100, time: 5m}, or leave the budget out", at="key")


def _check_trial(trial: WrittenTrial, findings: Findings) -> None:
    path: Path = ("search", "trial")
    amounts = {
        "timeout": (trial.timeout, format_time(trial.timeout or 0)),
        "memory": (trial.memory, format_size(trial.memory or 0)),
        "cpus": (trial.cpus, str(trial.cpus)),
    }
    for key, (amount, text) in amounts.items():
        if amount is not None and amount <= 0:
            message = f"search.trial.{key}: expected more than zero, found {text}"
            findings.error("SPEC053", (*path, key), message)
    findings.at_most((*path, "timeout"), trial.timeout, LONGEST_S, format_time(LONGEST_S))
    findings.at_most((*path, "memory"), trial.memory, MOST_BYTES, format_size(MOST_BYTES))


def _check_families(search: WrittenSearch, task: str | None, findings: Findings) -> None:
    path: Path = ("search", "families")
    findings.not_empty(path, search.families)
    findings.no_doubles(path, search.families or ())
    for i, name in enumerate(search.families or ()):
        family = FAMILIES.get(name)
        if family is not None:
            if task is not None and task not in family.estimators:
                findings.error(
                    "SPEC047", (*path, i), f"search.families: {name} cannot do task {task}", "take it out of the list"
                )
        else:
            message = f"search.families: unknown family {quoted(name)}"
            findings.error("SPEC046", (*path, i), message, _family_hint(name))


def _family_hint(name: str) -> str:
    """The family that an operator belongs to, a near name, or all of them."""
    if name in OPERATORS:
        for family in FAMILIES.values():
            if name in family.estimators.values():
                return f"{name} is part of the family {family.name!r}"
    return nearest(name, tuple(FAMILIES)) or f"{one_of(FAMILIES)} are known"
