"""Pass: what one fit of each candidate will cost, and the shortest time budget that still gives a package."""

from __future__ import annotations

from dataclasses import dataclass, replace

from automl.catalog import OPERATORS
from automl.catalog.operator import Operator
from automl.compiler.draft import Draft
from automl.compiler.resolve_spec import resolve_run
from automl.errors import Diagnostic
from automl.graph import Node
from automl.plan import Candidate, Forecast
from automl.tasks import node_params

# Until workers have imported scikit-learn and LightGBM, by executor; `ray`: one that is started on this machine.
START_S = {"inline": 1.5, "local": 1.5, "ray": 10.0}
COMMAND_S = 1.0  # the command itself: imports, the spec, the plan
EMIT_S = 1.5  # the interval of the estimate, the package, the report, the end of all processes
READ_S_PER_CELL = 2e-7  # reading the table again
# Numbers that a step makes of one, on average: not zero ones where it is sparse. svd: of the words of one text.
WIDENING = {"one_hot": 8.0, "tfidf": 60.0, "svd": 0.8, "text_stats": 6.0}
BASE_BYTES = 8 * 2.0**20  # of any fit: what scoring loads
FITS_OF_BASELINE = 2  # on the dev rows and on all rows, beside its folds


def forecast(draft: Draft) -> Draft:
    """Predicted CPU seconds and bytes per fit, from the catalog's costs; static, so equal on every machine."""
    rows = draft.schema.rows
    candidates = tuple(c.model_copy(update={"forecast": one_fit(c, draft)}) for c in draft.candidates)
    baseline = candidates[0].forecast.cpu_s * (draft.laid_out.fold_count + FITS_OF_BASELINE)
    cells = rows * len(draft.schema.columns)
    floor = COMMAND_S + EMIT_S + cells * READ_S_PER_CELL + baseline
    draft = replace(draft, candidates=candidates, floor_s=round(floor, 1))
    executor = resolve_run(draft.loaded.written).executor
    warning = below_floor(draft.resolved.search.budget.time_s, draft.floor_s, executor)
    if warning is None:
        return draft
    at = draft.loaded.places.spot(("search", "budget", "time"), "value")
    return draft.find(draft.loaded.places.at_spot(at, warning.severity, warning.code, warning.message, warning.hint))


def floors(floor_s: float) -> dict[str, float]:
    """The shortest time budget that still gives a package, by executor, from that of workers that are there already."""
    return {name: round(floor_s + start, 1) for name, start in START_S.items()}


def below_floor(time_s: float | None, floor_s: float, executor: str) -> Diagnostic | None:
    """The warning (PLAN006) that a time budget leaves no time to search."""
    least = floors(floor_s)[executor]
    if time_s is None or time_s >= least:
        return None
    text = f"a time budget of {time_s:g} s is below the {least:g} s that starting, the baseline and the package take"
    hint = f"the run may take longer, and the baseline may win (executor {executor}; --executor local starts sooner)"
    return Diagnostic("warning", "PLAN006", text, hint=hint if executor == "ray" else hint.split(" (")[0])


def one_fit(candidate: Candidate, draft: Draft, share: float = 1.0) -> Forecast:
    """A fit of one fold with default parameters, its scoring included; or of a share of the fold's rows."""
    rows = draft.schema.rows * (1 - draft.resolved.validation.holdout) * share
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
