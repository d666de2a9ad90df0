"""Pass: which rows are held out, which folds score a trial, how a cross-fitted step cuts its rows."""

from __future__ import annotations

from dataclasses import replace

from automl.compiler.draft import Draft
from automl.data.dataset import make_dataset
from automl.plan import RowPlan
from automl.rows import Rows, Split, SplitKind, digest_rows
from automl.value import derive_seed

INNER_FOLDS = 5
INNER_KIND: dict[str, SplitKind] = {"random": "random", "stratified": "stratified", "group": "group", "time": "blocks"}


def lay_out_rows(draft: Draft) -> Draft:
    """Cut the rows and prove that every part has rows: findings name the part that would be empty."""
    assert draft.task is not None
    spec = draft.resolved
    dataset = make_dataset(draft.table, draft.schema, draft.task, draft.classes)
    kind, seed = spec.validation.kind, spec.search.seed
    holdout = (
        Split(kind=kind, share=spec.validation.holdout, seed=derive_seed(seed, "holdout", kind))
        if spec.validation.holdout
        else None
    )
    folds = Split(kind=kind, folds=spec.validation.folds, seed=derive_seed(seed, "folds", kind))
    inner = Split(kind=INNER_KIND[kind], folds=INNER_FOLDS, seed=derive_seed(seed, "inner", kind))
    plan = RowPlan(holdout=holdout, folds=folds, inner=inner)
    draft = replace(draft, dataset=dataset)
    try:
        digests = _digests(plan, Rows(dataset.context))
    except ValueError as error:
        at = ("validation",)
        hint = "use fewer folds, a smaller holdout, or more rows"
        return draft.find(
            draft.loaded.places.diagnostic("error", "DATA067", at, f"the rows cannot be cut: {error}", hint)
        )
    return replace(draft, rows=plan.model_copy(update={"digests": digests}))


def _digests(plan: RowPlan, rows: Rows) -> dict[str, str]:
    """The hash of the rows of the holdout and of each fold. Raises ValueError where a part would be empty."""
    found = {} if plan.held_out is None else {"holdout": digest_rows(rows.resolve(plan.held_out))}
    for index in range(plan.fold_count):
        rows.resolve(plan.fold(index, "in"))
        found[f"fold {index}"] = digest_rows(rows.resolve(plan.fold(index, "out")))
    return found
