"""Candidates of families that want everything as scaled numbers, as linear models do."""

from __future__ import annotations

from automl.catalog import OPERATORS
from automl.compiler.candidates.linear import scaled_numbers
from automl.compiler.candidates.pipeline import Pipeline
from automl.plan import Candidate


def build_scaled(pipeline: Pipeline, family: str) -> Candidate:
    """The steps of a linear model before an estimator of another family."""
    estimator = pipeline.estimator(family)
    searched = not pipeline.draft.classes and "class_weight" in OPERATORS[estimator].space
    params = {"class_weight": "none"} if searched else None  # there are no classes to balance
    pipeline.step(estimator, estimator, [scaled_numbers(pipeline)], params)
    return pipeline.finish(family, family)
