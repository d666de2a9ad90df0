"""Candidates of boosted trees: missing values and category codes as they are."""

from __future__ import annotations

from typing import Any, NamedTuple

from automl.catalog import OPERATORS
from automl.compiler.candidates.pipeline import FEW_LEVELS, Pipeline
from automl.compiler.candidates.texts import dense_text, scored_text
from automl.data.schema import ColumnInfo
from automl.kinds import QUANTITIES, Kind
from automl.params import Float, Param
from automl.plan import Candidate

CODE_LEVELS = 255  # a category with more levels is target-encoded
MANY_ROUNDS, SMALL_TABLE = 800, 20_000  # small tables are boosted longer than the catalog says: it costs little there
FEWEST_ROUNDS, MOST_TREES = 100, 4000
LARGE_CELLS, LEAST_SHARE = 1_200_000, 0.35  # beyond so many rows x columns, the fewer rounds: at least this share

CATEGORY_PARAMS = ("cat_l2", "cat_smooth", "max_cat_to_onehot")  # of LightGBM, for category codes only


def build_boosted(pipeline: Pipeline, family: str) -> Candidate:
    """Category codes handled by the trees themselves; target means only for categories with very many levels."""
    codes, means = pipeline.categories(CODE_LEVELS)
    return _boosted(pipeline, family, "lightgbm", _Inputs(codes, means, dense_text(pipeline)))


def build_boosted_on_scores(pipeline: Pipeline, family: str) -> Candidate | None:
    """As the plain candidate, but texts as what a linear model says of their words. None where there is no text."""
    texts = scored_text(pipeline)
    if not texts:
        return None
    codes, means = pipeline.categories(CODE_LEVELS)
    return _boosted(pipeline, family, "lightgbm_scores", _Inputs(codes, means, texts))


def build_boosted_on_means(pipeline: Pipeline, family: str) -> Candidate | None:
    """Every category with more than two levels as its cross-fitted target mean. None where none gains by it."""
    few, means = pipeline.categories(FEW_LEVELS)
    if not any(c.distinct <= CODE_LEVELS for c in means):
        return None  # the plain candidate does the same
    return _boosted(pipeline, family, "lightgbm_means", _Inputs(few, means, dense_text(pipeline)))


class _Inputs(NamedTuple):
    """What trees are given beside numbers and dates: categories as codes, as target means; the parts made of texts."""

    codes: list[ColumnInfo]
    means: list[ColumnInfo]
    texts: list[str]


def _boosted(pipeline: Pipeline, family: str, name: str, inputs: _Inputs) -> Candidate:
    codes, means, texts = inputs
    parts = [pipeline.source("codes", "ordinal", codes)] if codes else []
    if means:
        parts.append(pipeline.source("means", "target_mean", means))
    parts += [*number_steps(pipeline), *date_steps(pipeline), *pipeline.counts(log=False), *pipeline.marks()]
    parts += texts
    draft, estimator = pipeline.draft, pipeline.estimator(family)
    params: dict[str, Any] = {"categorical": tuple(range(len(codes))), "threads": draft.resolved.search.trial.cpus}
    params |= pipeline.objective()
    params |= pipeline.monotone(len(codes) + len(means))  # where there are constraints, a mean is one feature
    params |= pipeline.class_weights(estimator)
    rounds, rates = boosting(pipeline, estimator)
    params |= rounds
    if not codes:  # nothing to search where there are no categories
        params |= {name: OPERATORS[estimator].space[name].default for name in CATEGORY_PARAMS}
    pipeline.step(estimator, estimator, [pipeline.join(parts)], params)
    return pipeline.finish(name, family, rates)


def number_steps(pipeline: Pipeline) -> list[str]:
    """The numbers; some of them where the spec asks for that and none is constrained, as constraints name positions."""
    numbers = pipeline.of_kind(*QUANTITIES)
    if not numbers:
        return []
    given = pipeline.source("numbers", "numbers", numbers)
    constrained = any(column.monotone for column in pipeline.draft.resolved.data.columns.values())
    return [given] if constrained else pipeline.select([given])


def date_steps(pipeline: Pipeline) -> list[str]:
    """Parts of dates, and what lies between them; circles, which trees can do without, where the spec asks."""
    dates = pipeline.of_kind(Kind.DATETIME)
    steps = [("dates", "date_parts")] if dates else []
    steps += [("cycles", "date_cycles")] if dates and pipeline.asked("date_cycles") else []
    steps += [("spans", "date_differences")] if len(dates) > 1 else []
    return [pipeline.source(node, op, dates) for node, op in steps]


def boosting(pipeline: Pipeline, estimator: str) -> tuple[dict[str, Any], dict[str, Param]]:
    """How long to boost, as a parameter of the step; and the learning rates that go with so many rounds.

    Longer on small tables; shorter where a round is one tree for each of many classes, and on large tables, where
    fewer and larger steps come nearly as far in a fraction of the time. Empty for what is not boosted.
    """
    operator = OPERATORS[estimator]
    if operator.rounds is None:
        return {}, {}
    usual, draft = int(str(operator.fixed[operator.rounds])), pipeline.draft
    share = min(1.0, max(LEAST_SHARE, LARGE_CELLS / (draft.schema.rows * len(pipeline.features))))
    rounds = MANY_ROUNDS if draft.schema.rows <= SMALL_TABLE else round(usual * share)
    trees = len(draft.classes) if len(draft.classes) > 2 else 1
    chosen = {operator.rounds: max(FEWEST_ROUNDS, min(rounds, MOST_TREES // trees))}
    rates = operator.space["learning_rate"]
    if share == 1.0 or not isinstance(rates, Float):
        return chosen, {}
    faster = {"low": rates.low / share, "high": max(rates.high, 0.3), "default": rates.default / share}
    return chosen, {f"{estimator}.learning_rate": rates.model_copy(update=faster)}
