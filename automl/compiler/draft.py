"""The value that compiler passes take and give: what is known of the plan so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

from automl.catalog.metrics import Metric
from automl.catalog.operator import TaskName
from automl.data.dataset import Dataset
from automl.data.physical import PhysicalTable
from automl.data.schema import Schema
from automl.errors import Diagnostic
from automl.plan import Candidate, Decision, RowPlan, Rung, scorer_of
from automl.spec.load import LoadedSpec
from automl.spec.model import TaskSpec


@dataclass(frozen=True)
class Draft:
    """A plan in the making. A pass fills in its part with `with_`; it never changes what an earlier pass said."""

    loaded: LoadedSpec
    table: PhysicalTable
    schema: Schema
    decisions: tuple[Decision, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    test: PhysicalTable | None = None  # the test file, where there is one
    task: TaskName | None = None
    classes: tuple[str, ...] = ()
    spec: TaskSpec | None = None
    dataset: Dataset | None = None
    rows: RowPlan | None = None
    candidates: tuple[Candidate, ...] = ()
    rungs: tuple[Rung, ...] = ()
    floor_s: float = 0.0

    def decide(self, subject: str, value: str, reason: str) -> Draft:
        """The draft with one more decision to be shown."""
        return replace(self, decisions=(*self.decisions, Decision(subject=subject, value=value, reason=reason)))

    def find(self, *diagnostics: Diagnostic) -> Draft:
        """The draft with more findings; errors among them end the compilation after the pass."""
        return replace(self, findings=(*self.findings, *diagnostics))

    @property
    def resolved(self) -> TaskSpec:
        """The resolved spec; only for passes after `resolve_spec`."""
        assert self.spec is not None
        return self.spec

    @property
    def scorer(self) -> Metric:
        """The metric that is optimised; only for passes after `resolve_spec`."""
        assert self.task is not None
        return scorer_of(self.resolved.metric, self.resolved.metric_options, self.task)

    @property
    def laid_out(self) -> RowPlan:
        """The rows; only for passes after `lay_out_rows`."""
        assert self.rows is not None
        return self.rows
