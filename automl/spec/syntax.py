"""Texts that are not YAML: what the parser said, in the words and the shape of every other finding."""

from __future__ import annotations

from typing import Any, Final

import yaml

from automl.errors import Diagnostic
from automl.spec.places import Places, Spot

# What PyYAML says -> what to do about it. Nothing depends on these: an unknown text goes without a hint.
_HINTS: Final[tuple[tuple[str, str], ...]] = (
    ("mapping values are not allowed", "quote a text that holds ': '; keys of one mapping start in one column"),
    ("that cannot start any token", "a text that begins with this character goes in quotes"),
    ("could not find expected ':'", "every line of a mapping is 'key: value'"),
    ("expected <block end>", "keys of one mapping start in one column, and so do the items of one list"),
    ("expected ',' or ']'", "close the list with ']'"),
    ("expected ',' or '}'", "close the mapping with '}'"),
    ("unexpected end of stream", "a quote was opened and never closed"),
)


def syntax_error(error: Exception, mark: Any, places: Places) -> Diagnostic:
    """The finding for an exception of the parser; `mark` is how far it came."""
    problem = "the text cannot be read"
    context = ""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark or mark
        problem, context = str(error.problem or error.context or problem), str(error.context or "")
    spot = Spot(mark.line + 1, mark.column + 1) if mark is not None else Spot(1, 1)
    line = places.lines[spot.line - 1] if spot.line <= len(places.lines) else ""
    if line[spot.column - 1 : spot.column] == "\t" or "\t" in line[: len(line) - len(line.lstrip())]:
        column = line.index("\t") + 1
        where = Spot(spot.line, column)
        return places.at_spot(where, "error", "SPEC006", "a tab is used for indentation", "indent with spaces")
    if "expected '<document start>'" in problem and any(each.startswith("...") for each in places.lines[: spot.line]):
        return places.at_spot(spot, "error", "SPEC012", "a second document begins here", "a spec is one document")
    hint = next((hint for said, hint in _HINTS if said in problem), None)
    while_ = f" ({context})" if context and context not in problem else ""
    return places.at_spot(spot, "error", "SPEC007", f"not valid YAML: {problem}{while_}", hint)
