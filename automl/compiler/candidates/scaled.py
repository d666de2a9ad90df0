"""Candidates of families that want everything as scaled numbers, as linear models do."""

from __future__ import annotations

from automl.compiler.candidates.linear import scaled_parts
from automl.compiler.candidates.pipeline import Pipeline
from automl.compiler.candidates.texts import dense_text
from automl.plan import Candidate


def build_scaled(pipeline: Pipeline, family: str) -> Candidate:
    """The steps of a linear model before an estimator of another family."""
    estimator = pipeline.estimator(family)
    parts = scaled_parts(pipeline)
    if texts := dense_text(pipeline):
        parts.append(pipeline.step("scale_texts", "standardise", [pipeline.join(texts, "texts")]))
    pipeline.step(estimator, estimator, [pipeline.join(parts)], pipeline.class_weights(estimator))
    return pipeline.finish(family, family)
