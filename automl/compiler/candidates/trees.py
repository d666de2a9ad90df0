"""Candidates of scikit-learn's trees: codes as numbers, missing values as they are."""

from __future__ import annotations

from typing import Any

from automl.catalog import OPERATORS
from automl.compiler.candidates.boosted import date_steps, most_rounds, number_steps, weighs_classes
from automl.compiler.candidates.pipeline import Pipeline
from automl.compiler.candidates.texts import dense_text
from automl.kinds import Kind
from automl.plan import Candidate

CODE_LEVELS = 16  # a category with more levels is target-encoded: the order of codes says nothing


def build_trees(pipeline: Pipeline, family: str) -> Candidate:
    """Codes of few-valued categories, target means of the others."""
    categories = pipeline.of_kind(Kind.CATEGORICAL)
    parts = number_steps(pipeline)
    if codes := [c for c in categories if c.distinct <= CODE_LEVELS]:
        parts.append(pipeline.source("codes", "ordinal", codes))
    if means := [c for c in categories if c.distinct > CODE_LEVELS]:
        parts.append(pipeline.source("means", "target_mean", means))
    parts += [*date_steps(pipeline), *pipeline.counts(log=False), *pipeline.marks()]
    parts += dense_text(pipeline)
    estimator = pipeline.estimator(family)
    pipeline.step(estimator, estimator, [pipeline.join(parts)], _params(pipeline, estimator))
    return pipeline.finish(family, family)


def _params(pipeline: Pipeline, estimator: str) -> dict[str, Any]:
    """What the search does not touch. The numbers stand first: their positions are those of their columns."""
    draft, operator = pipeline.draft, OPERATORS[estimator]
    params: dict[str, Any] = dict(pipeline.monotone(0))
    if operator.rounds is not None:  # forests fit squares: absolute errors take them too long
        params |= pipeline.objective()
    if "threads" in operator.fixed:
        params["threads"] = draft.resolved.search.trial.cpus
    if operator.rounds is not None:
        params[operator.rounds] = most_rounds(draft, int(str(operator.fixed[operator.rounds])))
    if not weighs_classes(draft):
        params["class_weight"] = "none"
    return params
