"""What the verbs of the Python API return: the facts of the command line's JSON, typed, and shown in notebooks."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, cast

from automl.driver.plan_files import write_plan
from automl.errors import Diagnostic
from automl.plan import Lock, Plan
from automl.planning import Planned
from automl.report.plan_view import plan_json
from automl.report.units import score_text, seconds_text

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True, repr=False)
class Compiled:
    """A plan, before any work is done."""

    planned: Planned

    @property
    def plan(self) -> Plan:
        """The plan: columns, decisions with their reasons, candidates."""
        return self.planned.plan

    @property
    def lock(self) -> Lock:
        """What `automl.lock` says of it."""
        return self.planned.lock

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What was noticed and does not stop it."""
        return self.planned.warnings

    def write(self, place: str | os.PathLike[str] = "plan.json", update: bool = False) -> dict[str, str]:
        """Write the plan, and automl.lock beside it, as `automl compile -o` does. Returns their places."""
        return write_plan(self.planned, Path(place), update)

    def as_json(self) -> dict[str, Any]:
        """As `automl compile --format json`, without the names of files."""
        told = [warning.as_json() for warning in self.warnings]
        return {"ok": True, **plan_json(self.plan), "diagnostics": told}

    def _rows(self) -> Rows:
        facts = self.as_json()
        decided = [(each["subject"], f"{each['value']} ({each['reason']})") for each in facts["decisions"]]
        candidates = ", ".join(each["id"] for each in facts["candidates"])
        return [("task", self.plan.task), ("metric", self.plan.metric), ("candidates", candidates), *decided]

    def __repr__(self) -> str:
        plan = self.plan
        return f"<automl.Compiled {plan.spec.name}: {plan.task}, {plan.metric}, {len(plan.candidates)} candidates>"

    def _repr_html_(self) -> str:
        return html_table(self.plan.spec.name, self._rows())


@dataclass(frozen=True, repr=False)
class Trained:
    """A finished run. `facts` is the content of result.json."""

    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The spec's name."""
        return str(self.facts["name"])

    @property
    def run(self) -> Path:
        """The folder of the run: ledger, report.html, leaderboard.csv, result.json."""
        return Path(self.facts["run"])

    @property
    def package(self) -> Path:
        """The emitted package."""
        return Path(self.facts["package"])

    @property
    def digest(self) -> str:
        """The package's digest."""
        return str(self.facts["digest"])

    @property
    def metric(self) -> str:
        """The metric that was optimised; scores are in its own direction and unit."""
        return str(self.facts["metric"])

    @property
    def validation_score(self) -> float:
        """The winner's score over the folds."""
        return float(self.facts["validation_score"])

    @property
    def holdout_score(self) -> float | None:
        """The winner's score on the rows that nothing was fitted or chosen on; None without a holdout."""
        return cast("float | None", self.facts["holdout_score"])

    @property
    def baseline_score(self) -> float | None:
        """The constant baseline's score on the holdout; None without one."""
        return cast("float | None", self.facts["baseline_score"])

    def as_json(self) -> dict[str, Any]:
        """As `automl train --format json`."""
        return copy.deepcopy(dict(self.facts))

    def _rows(self) -> Rows:
        counts = ", ".join(f"{number} {outcome}" for outcome, number in self.facts["trials"].items() if number)
        held = "none" if self.holdout_score is None else f"{self.metric} {score_text(self.holdout_score)}"
        return [
            ("winner", "; ".join(member["candidate"] for member in self.facts["winner"]["members"])),
            ("validation", f"{self.metric} {score_text(self.validation_score)}"),
            ("holdout", held),
            ("trials", f"{counts}; {seconds_text(self.facts['wall_s'])} in all"),
            ("package", f"{self.package} ({self.digest})"),
        ]

    def __repr__(self) -> str:
        rows = dict(self._rows())
        return f"<automl.Trained {self.name}: {rows['winner']}, validation {rows['validation']}>"

    def _repr_html_(self) -> str:
        return html_table(self.name, self._rows())


@dataclass(frozen=True, repr=False)
class Verified:
    """What a comparison came to. `lines` is what the command line prints."""

    facts: Mapping[str, Any]
    lines: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every byte and every prediction is the same."""
        return bool(self.facts["ok"])

    @property
    def differences(self) -> tuple[str, ...]:
        """What differs, one line each."""
        return tuple(self.facts["differences"])

    def as_json(self) -> dict[str, Any]:
        """As `automl verify --format json`."""
        return copy.deepcopy(dict(self.facts))

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<automl.Verified: {'the same' if self.ok else f'{len(self.differences)} differences'}>"

    def _repr_html_(self) -> str:
        return html_table("the same" if self.ok else "different", [("", line) for line in self.lines])


def html_table(title: str, rows: Rows) -> str:
    """A small table; every text escaped."""
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<table><caption>{escape(title)}</caption><tbody>{cells}</tbody></table>"
