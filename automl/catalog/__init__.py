"""The registries: literal declarations of operators, families and metrics. Nothing here imports numpy's users."""

from __future__ import annotations

from typing import Any

from automl.catalog.column_steps import COLUMN_STEPS
from automl.catalog.date_steps import DATE_STEPS
from automl.catalog.estimators import ESTIMATORS, FAMILIES
from automl.catalog.families import Family
from automl.catalog.metrics import METRICS, Metric
from automl.catalog.operator import Operator
from automl.catalog.texts import TEXTS
from automl.catalog.transformers import TRANSFORMERS
from automl.value import Value, digest_json

__all__ = ["FAMILIES", "METRICS", "OPERATORS", "Family", "Metric", "Operator", "catalog_digest", "get_operator"]

OPERATORS: dict[str, Operator] = {**TRANSFORMERS, **COLUMN_STEPS, **DATE_STEPS, **TEXTS, **ESTIMATORS}


def get_operator(name: str) -> Operator:
    """The operator of that name. Raises KeyError that names the valid ones."""
    if name not in OPERATORS:
        raise KeyError(f"no operator {name!r} in the catalog; there are {', '.join(sorted(OPERATORS))}")
    return OPERATORS[name]


def catalog_digest() -> str:
    """The hash of every declaration: equal for equal content, whatever the order in which it is written down.

    What is said of parameters (`docs`) is left out: it is in no package and changes no result.
    """
    return digest_json({"operators": _shown(OPERATORS), "families": _shown(FAMILIES), "metrics": _shown(METRICS)})


def _shown(part: Any) -> Any:
    if isinstance(part, Value):
        return part.model_dump(mode="json")
    if isinstance(part, dict):
        return {str(key): _shown(value) for key, value in part.items()}
    if isinstance(part, (tuple, list)):
        return [_shown(item) for item in part]
    if isinstance(part, frozenset):
        return sorted(str(item) for item in part)
    if hasattr(part, "__dataclass_fields__"):
        return {name: _shown(getattr(part, name)) for name in part.__dataclass_fields__ if name != "docs"}
    return part
