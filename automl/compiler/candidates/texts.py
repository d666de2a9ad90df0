"""What builders of candidates make of columns of text."""

from __future__ import annotations

from automl.compiler.candidates.pipeline import Pipeline
from automl.kinds import Kind


def sparse_text(pipeline: Pipeline) -> list[str]:
    """For estimators that take sparse input: the words of all texts. Empty where there is no text."""
    texts = pipeline.of_kind(Kind.TEXT)
    return [pipeline.source("terms", "tfidf", texts)] if texts else []


def dense_text(pipeline: Pipeline) -> list[str]:
    """For every other estimator: main directions of the words, and plain numbers of each text. None is missing.

    Empty where there is no text. The features are not scaled.
    """
    texts = pipeline.of_kind(Kind.TEXT)
    if not texts:
        return []
    directions = pipeline.step("directions", "svd", sparse_text(pipeline))
    return [directions, pipeline.source("stats", "text_stats", texts)]


def scored_text(pipeline: Pipeline) -> list[str]:
    """For trees: what a linear model of the words predicts, cross-fitted, and plain numbers of each text."""
    texts = pipeline.of_kind(Kind.TEXT)
    if not texts:
        return []
    return [pipeline.source("scores", "text_score", texts), pipeline.source("stats", "text_stats", texts)]
