"""The key of a unit: the hash of exactly what its result depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from automl.params import ParamValue
from automl.plan import Plan
from automl.rows import RowSet
from automl.value import canonical_json

_REMEMBERED = 1000  # row-sets; a plan has two for each fold of each rung


class JobKeys:
    """Keys for one plan. The plan's own digest and the texts of its row-sets are computed once."""

    def __init__(self, plan: Plan) -> None:
        self.search = plan.search_digest
        self._rows: dict[RowSet, str] = {}

    def __call__(
        self, candidate: str, params: Mapping[str, ParamValue], fit_rows: RowSet, score_rows: RowSet | None
    ) -> str:
        """`sha256:` and the hash of plan, candidate, parameters and rows, as one canonical JSON object."""
        text = (
            f'{{"candidate":{canonical_json(candidate)},"fit_rows":{self._text(fit_rows)}'
            f',"params":{canonical_json(dict(params))}'
            f',"score_rows":{"null" if score_rows is None else self._text(score_rows)}'
            f',"search":"{self.search}"}}'
        )
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def _text(self, rows: RowSet) -> str:
        text = self._rows.get(rows)
        if text is None:
            if len(self._rows) >= _REMEMBERED:
                self._rows.clear()
            text = self._rows[rows] = canonical_json(rows.model_dump(mode="json"))
        return text
