"""The candidates of every family: one builder for each pipeline that a family may stand behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from automl.compiler.candidates.baseline import build_baseline
from automl.compiler.candidates.boosted import build_boosted, build_boosted_on_means, build_boosted_on_scores
from automl.compiler.candidates.linear import build_linear
from automl.compiler.candidates.pipeline import Pipeline
from automl.compiler.candidates.scaled import build_scaled
from automl.compiler.candidates.trees import build_trees
from automl.plan import Candidate

__all__ = ["BUILDERS", "Pipeline"]

Builder = Callable[[Pipeline, str], Candidate | None]  # of the family named; None where it would add nothing

BUILDERS: Mapping[str, tuple[Builder, ...]] = {
    "constant": (build_baseline,),
    "linear": (build_linear,),
    "lightgbm": (build_boosted, build_boosted_on_means, build_boosted_on_scores),
    "extra_trees": (build_trees,),
    "random_forest": (build_trees,),
    "hist_gradient_boosting": (build_trees,),
    "mlp": (build_scaled,),
    "elastic_net": (build_scaled,),
    "naive_bayes": (build_scaled,),
    "knn": (build_scaled,),
}
