"""Parameters that several operators have, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from automl.params import Choice

CLASS_WEIGHT: Final = Choice(options=("none", "balanced"), default="none")
SHARED_DOCS: Final[Mapping[str, str]] = {
    "class_weight": "balanced: rows of rare classes count for more, so that all classes weigh the same; not searched "
    "where the metric takes probabilities at their word (log_loss, brier)",
    "threads": "of one fit: the spec says it with `search.trial.cpus`",
    "unknown_category": "what a value that training did not have counts as: the spec says it with "
    "`package.unknown_category`",
    "num_rounds": "trees, for each class where there are more than two; small tables are given more, large ones fewer, "
    "and how many of them are kept is chosen out of fold",
}
