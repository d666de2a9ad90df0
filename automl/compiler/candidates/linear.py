"""Candidates of linear models: everything becomes scaled numbers."""

from __future__ import annotations

from automl.compiler.candidates.pipeline import Pipeline
from automl.compiler.candidates.texts import sparse_text
from automl.data.schema import ColumnInfo
from automl.kinds import QUANTITIES, Kind
from automl.params import Choice
from automl.plan import Candidate

ONE_HOT_LEVELS = 64  # a category with more levels is target-encoded
CODES_AS_LEVELS = 32  # whole numbers with at most so many values are one-hot encoded beside being numbers
# A linear model sees no difference between standard and robust; ranks from 0 to 1 were nowhere better than normal ones.
CURVES = Choice(options=("standard", "clip", "log", "power", "quantile"), default="standard")


def build_linear(pipeline: Pipeline, family: str) -> Candidate:
    """The estimator of the family behind scaled numbers and the words of texts."""
    estimator = pipeline.estimator(family)
    parts = scaled_parts(pipeline) + _hashed(pipeline) + sparse_text(pipeline)
    pipeline.step(estimator, estimator, [pipeline.join(parts)], pipeline.class_weights(estimator))
    return pipeline.finish("linear", family, {"scale.method": CURVES})


def scaled_parts(pipeline: Pipeline) -> list[str]:
    """All features but texts as finite numbers of like scale, for every estimator that needs them so.

    Scaled numbers, one column per level of few-valued columns, target means of the others.
    """
    levels, many = pipeline.categories(ONE_HOT_LEVELS)
    levels += [c for c in pipeline.of_kind(Kind.INTEGER) if c.distinct <= CODES_AS_LEVELS]
    parts = []
    if numbers := pipeline.of_kind(*QUANTITIES):
        parts.append(_scaled_numbers(pipeline, numbers))
    if dates := pipeline.of_kind(Kind.DATETIME):
        parts.append(_scaled_dates(pipeline, dates))
    if many:
        parts.append(pipeline.step("scale_means", "standardise", [pipeline.source("means", "target_mean", many)]))
    parts += [pipeline.step("scale_counts", "standardise", [counts]) for counts in pipeline.counts(log=True)]
    if levels:
        parts.append(pipeline.source("levels", "one_hot", levels))
    return pipeline.select(parts + pipeline.marks())


def _hashed(pipeline: Pipeline) -> list[str]:
    """Categories of many levels in the columns of a hash, beside their target means, where the spec asks for that."""
    _, many = pipeline.categories(ONE_HOT_LEVELS)
    return [pipeline.source("hashed", "hashing", many)] if many and pipeline.asked("hashing") else []


def _scaled_numbers(pipeline: Pipeline, numbers: list[ColumnInfo]) -> str:
    inner = pipeline.source("numbers", "numbers", numbers)
    if any(c.missing for c in numbers):
        inner = pipeline.step("impute", "impute", [inner])
    return pipeline.step("scale", "scale", [inner])


def _scaled_dates(pipeline: Pipeline, dates: list[ColumnInfo]) -> str:
    """Parts of dates, the same on their circles, and what lies between them."""
    found = [pipeline.source("dates", "date_parts", dates), pipeline.source("cycles", "date_cycles", dates)]
    if len(dates) > 1:
        found.append(pipeline.source("spans", "date_differences", dates))
    inner = pipeline.step("join_dates", "join", found)
    if any(c.missing for c in dates):
        inner = pipeline.step("impute_dates", "impute", [inner])
    return pipeline.step("scale_dates", "standardise", [inner])
