"""Which families a table and its spec allow: all that fit where the spec names none, errors where it names others."""

from __future__ import annotations

from automl.catalog import FAMILIES, OPERATORS, Family
from automl.compiler.draft import Draft
from automl.kinds import QUANTITIES


def choose_families(draft: Draft) -> tuple[Draft, tuple[str, ...]]:
    """The families of the spec, or all that fit; a decision for each that is left out, an error for each that is named
    and does not fit.
    """
    draft = check_monotone(draft)
    written = draft.loaded.written.search
    named = None if written is None else written.families
    if named is not None:
        for i, name in enumerate(named):
            draft = _refuse(draft, name, i)
        return draft, tuple(named)
    found = []
    for name, family in FAMILIES.items():
        why = _unfit(draft, family)
        if why is not None:
            draft = draft.decide(f"search.families: {name}", "left out", why[1])
        elif name != "constant":
            found.append(name)
    return draft, tuple(found)


def monotone_columns(draft: Draft) -> dict[str, str]:
    """The columns that the spec constrains, with the way in which the prediction goes."""
    columns = draft.loaded.written.data.columns or {}
    return {name: column.monotone for name, column in columns.items() if column.monotone is not None}


def check_monotone(draft: Draft) -> Draft:
    """Errors where a constrained column is no numeric feature, or the task has no one value that could rise or fall."""
    for name in monotone_columns(draft):
        path = ("data", "columns", name, "monotone")
        column = draft.schema.column(name)
        if draft.task == "multiclass":
            message = f"column {name!r}: a prediction of several classes cannot be monotone"
            code, hint = "SPEC086", "leave monotone out, or use task: binary or regression"
        elif column.role not in ("feature", "time"):
            message = f"column {name!r} cannot be monotone: it is no feature ({column.role})"
            code, hint = "SPEC087", "leave monotone out"
        elif column.kind not in QUANTITIES:
            message = f"column {name!r} cannot be monotone: it is {column.kind}, and only numbers have an order"
            code, hint = "SPEC087", "leave monotone out, or say kind: numeric"
        else:
            continue
        draft = draft.find(draft.loaded.places.diagnostic("error", code, path, message, hint, at="key"))
    return draft


def _refuse(draft: Draft, name: str, position: int) -> Draft:
    why = _unfit(draft, FAMILIES[name])
    if why is None:
        return draft
    code, reason = why
    hint = "take it out of the list, or leave the list out: all families that fit are then searched"
    path = ("search", "families", position)
    message = f"search.families: {name} is not for this table: {reason}"
    return draft.find(draft.loaded.places.diagnostic("error", code, path, message, hint, at="value"))


def _unfit(draft: Draft, family: Family) -> tuple[str, str] | None:
    """The code and the reason why a family is not for this table; None where it is."""
    assert draft.task is not None
    if draft.task not in family.estimators:
        return "SPEC047", f"{family.name} cannot do task {draft.task}"
    constrained = ", ".join(map(repr, monotone_columns(draft)))
    if constrained and not OPERATORS[family.estimators[draft.task]].monotone:
        return "SPEC085", f"it cannot honour the monotone constraint on {constrained}"
    rows, features = draft.schema.rows, len(draft.schema.with_role("feature", "time"))
    if family.most_rows is not None and rows > family.most_rows:
        return "DATA080", f"it is for at most {family.most_rows} rows, and there are {rows}"
    if family.most_features is not None and features > family.most_features:
        return "DATA080", f"it is for at most {family.most_features} features, and there are {features}"
    return None
