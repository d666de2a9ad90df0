"""Pass: of the families that the spec did not name, those that would eat the budget come last or are left out."""

from __future__ import annotations

from dataclasses import replace

from automl.compiler.draft import Draft
from automl.plan import Candidate

LONGEST_S = 60.0  # predicted CPU seconds of one fit with defaults: beyond, a family has to be named
QUICK_S = 5.0  # up to here the order of the catalog stands


def order_families(draft: Draft) -> Draft:
    """The baseline first; quick candidates in their order; slow ones by their cost; very slow ones not at all.

    The quickest candidate beside the baseline always stays. Nothing changes where the spec names the families.
    """
    written = draft.loaded.written.search
    if written is not None and written.families is not None:
        return draft
    baseline, *others = draft.candidates
    if not others:
        return draft
    quickest = min(others, key=_seconds)
    kept = [c for c in others if _seconds(c) <= LONGEST_S or c is quickest]
    for candidate in others:
        if candidate not in kept:
            reason = f"a fit is predicted to take {_seconds(candidate):.0f} CPU seconds; name its family to search it"
            draft = draft.decide(f"candidate {candidate.id}", "left out", reason)
    kept.sort(key=lambda c: 0.0 if _seconds(c) <= QUICK_S else _seconds(c))
    families = tuple(dict.fromkeys(c.family for c in kept))
    search = draft.resolved.search.model_copy(update={"families": families})
    return replace(draft, candidates=(baseline, *kept), spec=draft.resolved.model_copy(update={"search": search}))


def _seconds(candidate: Candidate) -> float:
    return candidate.forecast.cpu_s
