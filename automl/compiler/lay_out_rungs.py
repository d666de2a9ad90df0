"""Pass: over which rungs trials race. Static: decided from rows, folds and predicted cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from automl.compiler.draft import Draft
from automl.compiler.forecast import one_fit
from automl.plan import Candidate, RowPlan, Rung
from automl.rows import Rows, RowSet, Split
from automl.value import derive_seed

SHARE = 0.2  # of a fold's rows, fitted on and scored on
LEAST_ROWS = 3000  # of such a sample
SAVES = 3  # a sample is worth a fit of its own where the whole fit is predicted to take so many times as long,
LONG_S = 0.5  # and at least so many CPU seconds


def lay_out_rungs(draft: Draft) -> Draft:
    """One fold, then the others; before these a sample of that fold where it saves much of a long fit."""
    order = fold_order(draft.laid_out)
    race = race_of_folds(order)
    sample = _sample(draft, order[0])
    if sample is None:
        return replace(draft, rungs=race)
    sampled = {c.id for c in draft.candidates if _saves(c, draft, sample.share)}
    if 2 * len(sampled) < len(draft.candidates):
        return replace(draft, rungs=race)  # not worth it for most of them
    candidates = tuple(c.model_copy(update={"first_rung": 0 if c.id in sampled else 1}) for c in draft.candidates)
    draft = replace(draft, rungs=(sample, *race), candidates=candidates)
    assert sample.fit is not None
    reason = f"trials of {len(sampled)} candidates race on it before they fit a whole fold"
    return draft.decide("search: first rung", f"a sample of {sample.fit.count} rows", reason)


def fold_order(rows: RowPlan) -> tuple[int, ...]:
    """In which order folds are fitted. In time the last one first: it has the most rows to fit on, and the newest."""
    folds = range(rows.fold_count)
    return tuple(reversed(folds)) if rows.folds.kind == "time" else tuple(folds)


def race_of_folds(order: Sequence[int]) -> tuple[Rung, Rung]:
    """One fold of a trial, then the others."""
    return Rung(folds=(order[0],)), Rung(folds=tuple(order[1:]))


def _sample(draft: Draft, fold: int) -> Rung | None:
    """A sample of one fold; None where the table is too small for one, or its inner folds would be empty."""
    assert draft.dataset is not None
    rows, plan = Rows(draft.dataset.context), draft.laid_out
    splits, shares = [], []
    sides: tuple[Literal["in", "out"], ...] = ("in", "out")
    for side in sides:
        whole = len(rows.resolve(plan.fold(fold, side)))
        count = min(whole, max(LEAST_ROWS, int(SHARE * whole)))
        seed = derive_seed(draft.resolved.search.seed, "rung", side)
        splits.append(Split(kind="sample", count=count, seed=seed))
        shares.append(count / whole)
    rung = Rung(folds=(fold,), fit=splits[0], score=splits[1], share=float(f"{shares[0]:.3g}"))
    return rung if shares[0] * SAVES <= 1 and _can_be_cut(rows, rung.fit_rows(plan, fold), plan.inner) else None


def _can_be_cut(rows: Rows, sample: RowSet, inner: Split) -> bool:
    """Whether a cross-fitted step finds its folds in the sample: few of the groups may be in it."""
    try:
        for index in range(inner.folds or 0):
            rows.resolve(sample.part(inner, index, "in"))
    except ValueError:
        return False
    return True


def _saves(candidate: Candidate, draft: Draft, share: float) -> bool:
    """Whether a fit of the sample is predicted to be so much shorter than a long fit of the whole."""
    whole = candidate.forecast.cpu_s
    return whole >= LONG_S and SAVES * one_fit(candidate, draft, share).cpu_s <= whole
