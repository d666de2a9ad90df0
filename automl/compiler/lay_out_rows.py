"""Pass: which rows are held out, which folds score a trial, how a cross-fitted step cuts its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np

from automl.compiler.draft import Draft
from automl.data.dataset import Dataset, make_dataset
from automl.data.schema import Schema
from automl.plan import RowPlan
from automl.rows import Rows, Split, SplitKind, digest_rows
from automl.spec.model import TaskSpec
from automl.value import derive_seed

INNER_FOLDS = 5
SIDES: tuple[tuple[str, Literal["in", "out"]], ...] = (("fit", "in"), ("score", "out"))
INNER_KIND: dict[str, SplitKind] = {"random": "random", "stratified": "stratified", "group": "group", "time": "blocks"}


def lay_out_rows(draft: Draft) -> Draft:
    """Cut the rows and prove that every part has rows: findings name the part that would be empty."""
    assert draft.task is not None
    spec = draft.resolved
    dataset = make_dataset(draft.table, draft.schema, draft.task, draft.classes, draft.test)
    plan = _cuts(spec, draft.schema)
    draft = replace(draft, dataset=dataset)
    try:
        digests = _digests(plan, Rows(dataset.context))
    except ValueError as error:
        at = ("validation",)
        hint = "use fewer folds, a smaller holdout, a shorter gap, or more rows"
        return draft.find(
            draft.loaded.places.diagnostic("error", "DATA067", at, f"the rows cannot be cut: {error}", hint)
        )
    one_sided = _one_sided(plan, dataset)
    if one_sided:
        message = f"{one_sided}: a part of a binary table that lacks a class cannot be fitted or scored"
        hint = "use fewer folds, another holdout (0: none), or rows with more of the rare class"
        return draft.find(draft.loaded.places.diagnostic("error", "DATA069", ("validation",), message, hint))
    return replace(draft, rows=plan.model_copy(update={"digests": digests}))


def _cuts(spec: TaskSpec, schema: Schema) -> RowPlan:
    """Holdout, folds and inner folds, without looking at a row."""
    kind, seed = spec.validation.kind, spec.search.seed
    gap: dict[str, Any] = {"gap_rows": spec.validation.gap_rows, "gap_s": spec.validation.gap_s}
    holdout = None
    if schema.test is not None:
        holdout = Split(kind="file", count=schema.rows)
    elif spec.validation.holdout:
        holdout = Split(kind=kind, share=spec.validation.holdout, seed=derive_seed(seed, "holdout", kind), **gap)
    folds = Split(kind=kind, folds=spec.validation.folds, seed=derive_seed(seed, "folds", kind), **gap)
    if spec.validation.fold_column is not None:
        folds = Split(kind="column", folds=spec.validation.folds)
    inner = Split(kind=INNER_KIND[kind], folds=INNER_FOLDS, seed=derive_seed(seed, "inner", kind))
    return RowPlan(holdout=holdout, folds=folds, inner=inner)


def _one_sided(plan: RowPlan, dataset: Dataset) -> str | None:
    """The first part of a binary table that lacks a class, in words; None where there is none."""
    if len(dataset.classes) != 2:
        return None
    parts = {f"fold {k}, rows to {what}": plan.fold(k, side) for k in range(plan.fold_count) for what, side in SIDES}
    if plan.held_out is not None:
        parts = {"the holdout": plan.held_out, "the rows beside the holdout": plan.dev, **parts}
    rows = Rows(dataset.context)
    for words, part in parts.items():
        counts = np.bincount(dataset.target[rows.resolve(part)].astype(np.int64), minlength=2)
        if counts.min() == 0:
            return f"{words}: no row of class {dataset.classes[int(np.argmin(counts))]!r}"
    return None


def _digests(plan: RowPlan, rows: Rows) -> dict[str, str]:
    """The hash of the rows of the holdout and of each fold. Raises ValueError where a part would be empty."""
    rows.resolve(plan.dev)
    found = {} if plan.held_out is None else {"holdout": digest_rows(rows.resolve(plan.held_out))}
    for index in range(plan.fold_count):
        rows.resolve(plan.fold(index, "in"))
        found[f"fold {index}"] = digest_rows(rows.resolve(plan.fold(index, "out")))
    return found
