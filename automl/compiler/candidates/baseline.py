"""The candidate that every other one is compared with."""

from __future__ import annotations

from automl.compiler.candidates.pipeline import Pipeline
from automl.plan import Candidate


def build_baseline(pipeline: Pipeline, family: str) -> Candidate:
    """The constant: class shares, or the number that the metric likes best. It reads one column, to count rows."""
    pipeline.source("constant", "constant", [pipeline.features[0]], pipeline.objective())
    return pipeline.finish("constant", family)
