"""Pass: over which rungs trials race. Static: decided from rows, folds and predicted cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from automl.compiler.draft import Draft
from automl.plan import RowPlan, Rung


def lay_out_rungs(draft: Draft) -> Draft:
    """The first fold, then the others."""
    return replace(draft, rungs=race_of_folds(fold_order(draft.laid_out)))


def fold_order(rows: RowPlan) -> tuple[int, ...]:
    """In which order folds are fitted. In time the last one first: it has the most rows to fit on, and the newest."""
    folds = range(rows.fold_count)
    return tuple(reversed(folds)) if rows.folds.kind == "time" else tuple(folds)


def race_of_folds(order: Sequence[int]) -> tuple[Rung, Rung]:
    """One fold of a trial, then the others."""
    return Rung(folds=(order[0],)), Rung(folds=tuple(order[1:]))
