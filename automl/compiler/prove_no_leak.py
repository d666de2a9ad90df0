"""Pass: the static leak check, for every candidate: every fold of every rung, and the final estimate."""

from __future__ import annotations

from automl.compiler.draft import Draft
from automl.errors import Diagnostic
from automl.tasks import Recipe, find_leaks, lower


def prove_no_leak(draft: Draft) -> Draft:
    """A plan that would fit something on rows on which something built from it is scored is not a plan."""
    rows = draft.laid_out
    scored = [(rung.fit_rows(rows, fold), rung.score_rows(rows, fold)) for rung in draft.rungs for fold in rung.folds]
    if rows.held_out is not None:
        scored.append((rows.dev, rows.held_out))
    for candidate in draft.candidates:
        recipe = Recipe(candidate.graph, candidate.defaults, rows.inner, draft.resolved.search.seed)
        reasons = {
            reason
            for fit_rows, score_rows in scored
            for reason in find_leaks(lower(recipe, fit_rows, score_rows), score_rows)
        }
        hint = "a mistake of automl, not of the spec: please report it; another family may do"
        texts = [f"candidate {candidate.id!r}: {reason}" for reason in sorted(reasons)]
        draft = draft.find(*(Diagnostic("error", "LEAK001", text, hint=hint) for text in texts))
    return draft
