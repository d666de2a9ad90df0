"""Pass: the candidates. Each is a family of estimators behind the steps that its columns need."""

from __future__ import annotations

from dataclasses import replace

from automl.compiler.candidates import BUILDERS, Pipeline
from automl.compiler.draft import Draft
from automl.data.schema import ColumnInfo


def choose_steps(draft: Draft) -> Draft:
    """One candidate for the baseline, then one or two for every family of the spec."""
    features = _features(draft)
    if not features:
        message = "no column is left to learn from: all are the target, ids, ignored or dropped"
        return draft.find(
            draft.loaded.places.diagnostic(
                "error", "DATA068", ("data",), message, "see the reasons in the table of columns"
            )
        )
    candidates = []
    for family in dict.fromkeys(("constant", *draft.resolved.search.families)):
        built = (build(Pipeline(draft, features), family) for build in BUILDERS[family])
        candidates += [candidate for candidate in built if candidate is not None]
    names = ", ".join(c.id for c in candidates)
    draft = draft.decide(
        "candidates",
        names,
        f"families {', '.join(draft.resolved.search.families)}, behind the steps that the columns need",
    )
    return replace(draft, candidates=tuple(candidates))


def _features(draft: Draft) -> tuple[ColumnInfo, ...]:
    """Feature columns, and the time column as well: its parts are known when a prediction is asked for."""
    return draft.schema.with_role("feature", "time")
