"""Pass: what one fit of each candidate will cost, and the shortest time budget that still gives a package."""

from __future__ import annotations

from dataclasses import dataclass, replace

from automl.catalog import OPERATORS
from automl.catalog.operator import Operator
from automl.compiler.draft import Draft
from automl.errors import Diagnostic
from automl.graph import Node
from automl.plan import Candidate, Forecast
from automl.tasks import node_params

START_S = 6.0  # starting workers and importing scikit-learn and LightGBM in them
EMIT_S = 2.0  # writing a package
READ_S_PER_CELL = 2e-7  # reading the table again
# Numbers that a step makes of one, on average: not zero ones where it is sparse. svd: of the words of one text.
WIDENING = {"one_hot": 8.0, "tfidf": 60.0, "svd": 0.8, "text_stats": 6.0}
BASE_BYTES = 8 * 2.0**20  # of any fit: what scoring loads
FITS_OF_BASELINE = 2  # on the dev rows and on all rows, beside its folds


def forecast(draft: Draft) -> Draft:
    """Predicted CPU seconds and bytes per fit, from the catalog's costs; static, so equal on every machine."""
    rows = draft.schema.rows
    candidates = tuple(c.model_copy(update={"forecast": _one_fit(c, draft)}) for c in draft.candidates)
    baseline = candidates[0].forecast.cpu_s * (draft.laid_out.fold_count + FITS_OF_BASELINE)
    cells = rows * len(draft.schema.columns)
    floor = START_S + EMIT_S + cells * READ_S_PER_CELL + baseline
    draft = replace(draft, candidates=candidates, floor_s=round(floor, 1))
    warning = below_floor(draft.resolved.search.budget.time_s, draft.floor_s)
    if warning is None:
        return draft
    at = draft.loaded.places.spot(("search", "budget", "time"), "value")
    return draft.find(draft.loaded.places.at_spot(at, warning.severity, warning.code, warning.message, warning.hint))


def below_floor(time_s: float | None, floor_s: float) -> Diagnostic | None:
    """The warning (PLAN006) that a time budget leaves no time to search."""
    if time_s is None or time_s >= floor_s:
        return None
    text = f"a time budget of {time_s:g} s is below the {floor_s:g} s that starting, the baseline and the package take"
    return Diagnostic("warning", "PLAN006", text, hint="the run may take longer than that, and the baseline may win")


def _one_fit(candidate: Candidate, draft: Draft) -> Forecast:
    """A fit of one fold with default parameters, its scoring included."""
    share = 1 - draft.resolved.validation.holdout
    rows = draft.schema.rows * share
    seconds, size = 0.0, BASE_BYTES
    widths: dict[str, float] = {}
    for node in candidate.graph.nodes:
        width = len(node.columns) + sum(widths.get(name, 0) for name in node.inputs)
        widths[node.id] = width * WIDENING.get(node.op, 1.0)
        work = Work(OPERATORS[node.op], rows, max(width, 1), len(draft.classes), _rounds(node, candidate))
        repeats = (draft.laid_out.inner.folds or 0) + 1 if work.operator.cross_fitted else 1
        seconds += repeats * work.seconds
        size += work.bytes
    return Forecast(cpu_s=float(f"{seconds:.3g}"), memory_bytes=int(size))


@dataclass(frozen=True)
class Work:
    """What one step has to do: rows, columns, classes (0: none), rounds of boosting (1: it does not boost)."""

    operator: Operator
    rows: float
    columns: float
    classes: int
    rounds: float

    @property
    def fitted_rows(self) -> float:
        most = self.operator.cost.most_rows
        return self.rows if most is None else min(self.rows, most)

    @property
    def outputs(self) -> int:
        return self.classes if self.classes > 2 else 1

    @property
    def seconds(self) -> float:
        cost = self.operator.cost
        times = self.outputs if cost.per_output or self.operator.rounds is not None else 1
        share = 1.0 if self.classes else cost.regression
        return cost.base_s + self.fitted_rows * self.columns * self.rounds * times * share * cost.cell_ns * 1e-9

    @property
    def bytes(self) -> float:
        cost = self.operator.cost
        beside = self.fitted_rows * (cost.row_bytes + cost.output_bytes * self.outputs)
        return self.rows * self.columns * cost.cell_bytes + beside + self.rounds * self.outputs * cost.round_bytes


def _rounds(node: Node, candidate: Candidate) -> float:
    name = OPERATORS[node.op].rounds
    return 1.0 if name is None else float(node_params(node, candidate.defaults)[name])
