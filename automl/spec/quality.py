"""Findings about the quality of data whose handling `data.checks` can change: what is possible, and the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Action = Literal["allow", "warn", "error", "fix"]
Checks = Mapping[str, Action]


@dataclass(frozen=True)
class Check:
    """`default` is what is done where the spec says nothing; "note" only tells."""

    default: Literal["note", "warn", "error", "fix"]
    actions: tuple[Action, ...]


_ALL: Final[tuple[Action, ...]] = ("allow", "warn", "error", "fix")
_TOLD: Final[tuple[Action, ...]] = ("allow", "warn", "error")

# allow: the data stands as it is, and nothing is told. warn: it stands, and is told. error: it is refused.
# fix: it is mended, and that is told.
CHECKS: Final[Mapping[str, Check]] = {
    "DATA005": Check("error", ("error", "fix")),
    "DATA006": Check("error", ("error", "fix")),
    "DATA015": Check("error", ("warn", "error")),
    "DATA016": Check("note", _TOLD),
    "DATA020": Check("note", _TOLD),
    "DATA021": Check("warn", _TOLD),
    "DATA022": Check("note", _TOLD),
    "DATA023": Check("warn", _TOLD),
    "DATA025": Check("warn", _TOLD),
    "DATA033": Check("warn", _TOLD),
    "DATA034": Check("note", _TOLD),
    "DQ001": Check("fix", _ALL),
    "DQ002": Check("fix", _ALL),
    "DQ003": Check("fix", _ALL),
    "DQ004": Check("fix", _ALL),
    "DQ005": Check("note", _TOLD),
    "DQ006": Check("note", _TOLD),
    "DQ007": Check("warn", _TOLD),
    "DQ012": Check("warn", _TOLD),
}


def action(checks: Checks, code: str) -> str:
    """What is done about a finding: an action, or "note"."""
    return checks.get(code, CHECKS[code].default)
