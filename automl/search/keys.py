"""The key of a unit: the hash of exactly what its result depends on."""

from __future__ import annotations

from collections.abc import Mapping

from automl.params import ParamValue
from automl.plan import Plan
from automl.rows import RowSet
from automl.value import digest_json


class JobKeys:
    """Keys for one plan; the plan's own digest is computed once."""

    def __init__(self, plan: Plan) -> None:
        self.search = plan.search_digest

    def __call__(
        self, candidate: str, params: Mapping[str, ParamValue], fit_rows: RowSet, score_rows: RowSet | None
    ) -> str:
        """`sha256:` and the hash of plan, candidate, parameters and rows."""
        return digest_json(
            {
                "search": self.search,
                "candidate": candidate,
                "params": dict(params),
                "fit_rows": fit_rows.model_dump(mode="json"),
                "score_rows": None if score_rows is None else score_rows.model_dump(mode="json"),
            }
        )
