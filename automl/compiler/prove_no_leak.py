"""Pass: the static leak check, for every candidate on every fold and for the final estimate on the holdout."""

from __future__ import annotations

from automl.compiler.draft import Draft
from automl.errors import Diagnostic
from automl.rows import RowSet
from automl.tasks import Recipe, find_leaks, lower


def prove_no_leak(draft: Draft) -> Draft:
    """A plan that would fit something on rows on which something built from it is scored is not a plan."""
    rows = draft.laid_out
    scored: list[tuple[RowSet, RowSet]] = [(rows.fold(k, "in"), rows.fold(k, "out")) for k in range(rows.fold_count)]
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
