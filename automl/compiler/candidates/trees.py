"""Candidates of scikit-learn's trees: codes as numbers, missing values as they are."""

from __future__ import annotations

from typing import Any

from automl.catalog import OPERATORS
from automl.compiler.candidates.boosted import boosting, date_steps, number_steps
from automl.compiler.candidates.pipeline import Pipeline
from automl.compiler.candidates.texts import dense_text
from automl.plan import Candidate

CODE_LEVELS = 16  # a category with more levels is target-encoded: the order of codes says nothing


def build_trees(pipeline: Pipeline, family: str) -> Candidate:
    """Codes of few-valued categories, target means of the others."""
    codes, means = pipeline.categories(CODE_LEVELS)
    parts = number_steps(pipeline)
    if codes:
        parts.append(pipeline.source("codes", "ordinal", codes))
    if means:
        parts.append(pipeline.source("means", "target_mean", means))
    parts += [*date_steps(pipeline), *pipeline.counts(log=False), *pipeline.marks()]
    parts += dense_text(pipeline)
    estimator = pipeline.estimator(family)
    rounds, rates = boosting(pipeline, estimator)
    pipeline.step(estimator, estimator, [pipeline.join(parts)], {**_params(pipeline, estimator), **rounds})
    return pipeline.finish(family, family, rates)


def _params(pipeline: Pipeline, estimator: str) -> dict[str, Any]:
    """What the search does not touch. The numbers stand first: their positions are those of their columns."""
    operator = OPERATORS[estimator]
    params: dict[str, Any] = {**pipeline.monotone(0), **pipeline.class_weights(estimator)}
    if operator.rounds is not None:  # forests fit squares: absolute errors take them too long
        params |= pipeline.objective()
    if "threads" in operator.fixed:
        params["threads"] = pipeline.draft.resolved.search.trial.cpus
    return params
