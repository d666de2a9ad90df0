"""Candidates of linear models: everything becomes scaled numbers."""

from __future__ import annotations

from automl.compiler.candidates.pipeline import NUMERIC, Pipeline
from automl.compiler.candidates.texts import sparse_text
from automl.kinds import Kind
from automl.plan import Candidate

ONE_HOT_LEVELS = 64  # a category with more levels is target-encoded
CODES_AS_LEVELS = 32  # whole numbers with at most so many values are one-hot encoded beside being numbers


def build_linear(pipeline: Pipeline, family: str) -> Candidate:
    """The estimator of the family behind scaled numbers and the words of texts."""
    estimator = pipeline.estimator(family)
    pipeline.step(estimator, estimator, [pipeline.join(scaled_parts(pipeline) + sparse_text(pipeline))])
    return pipeline.finish("linear", family)


def scaled_parts(pipeline: Pipeline) -> list[str]:
    """Scaled numbers, one column per level of few-valued columns, target means of the others; nothing of texts."""
    levels = [c for c in pipeline.of_kind(Kind.CATEGORICAL) if c.distinct <= ONE_HOT_LEVELS]
    levels += [c for c in pipeline.of_kind(Kind.INTEGER) if c.distinct <= CODES_AS_LEVELS]
    many = [c for c in pipeline.of_kind(Kind.CATEGORICAL) if c.distinct > ONE_HOT_LEVELS]
    parts = []
    if numbers := pipeline.of_kind(*NUMERIC):
        inner = pipeline.source("numbers", "numbers", numbers)
        if any(c.missing for c in numbers):
            inner = pipeline.step("impute", "impute", [inner])
        parts.append(pipeline.step("scale", "standardise", [inner]))
    if dates := pipeline.of_kind(Kind.DATETIME):
        inner = pipeline.source("dates", "date_parts", dates)
        if any(c.missing for c in dates):
            inner = pipeline.step("impute_dates", "impute", [inner])
        parts.append(pipeline.step("scale_dates", "standardise", [inner]))
    if many:
        parts.append(pipeline.step("scale_means", "standardise", [pipeline.source("means", "target_mean", many)]))
    if levels:
        parts.append(pipeline.source("levels", "one_hot", levels))
    return parts
