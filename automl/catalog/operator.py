"""What an operator declares. Dotted paths only: nothing here imports numpy's users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from automl.catalog.shared import SHARED_DOCS
from automl.kinds import Kind
from automl.params import Param, ParamValue

TaskName = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Cost:
    """Predicted cost of one fit and one apply on one core: seconds and bytes as linear forms of the table's size.

    An output is a class where there are more than two, else there is one. See `compiler/forecast.py`; the numbers are
    those of `benchmarks/forecasts.py`.
    """

    base_s: float
    cell_ns: float  # nanoseconds per row and column (and round, for boosting)
    cell_bytes: float
    most_rows: int | None = None  # rows beyond which a fit takes no longer: it sees a sample, or fewer epochs
    per_output: bool = False  # the seconds are those of one output; boosting's always are
    regression: float = 1.0  # the share of the seconds that a regression takes
    row_bytes: float = 0.0  # per row, up to `most_rows`
    output_bytes: float = 0.0  # per row and output, up to `most_rows`
    round_bytes: float = 0.0  # per round of boosting and output


@dataclass(frozen=True)
class Operator:
    """One transformer or estimator.

    `module` is a name under both automl.fitting (`fit(inputs, target, params, seed) -> State`) and
    automl.runtime (`apply(state, *inputs) -> Matrix`).
    """

    name: str
    role: Literal["transformer", "estimator"]
    module: str
    accepts: frozenset[Kind]  # kinds of input columns
    gives: Kind  # kind of output columns
    missing: Literal["refuses", "keeps", "removes"]  # what it does with missing values of its input
    # How output columns come from input columns.
    widens: Literal["no", "levels", "indicators", "parts", "classes", "joins", "directions", "pairs", "subset"] = "no"
    reads_source: bool = False  # takes raw columns; otherwise matrices
    takes_sparse: bool = False  # reads sparse matrices as well as dense ones
    gives_sparse: bool = False
    fitted: bool = True
    cross_fitted: bool = False  # has a training view made of inner fits, and a serving view
    tasks: frozenset[TaskName] = frozenset({"binary", "multiclass", "regression"})
    space: Mapping[str, Param] = field(default_factory=dict)
    fixed: Mapping[str, ParamValue] = field(default_factory=dict)
    rounds: str | None = None  # the parameter whose value is chosen along the boosting path
    requires: tuple[str, ...] = ("numpy",)  # distributions that `apply` needs
    fit_requires: tuple[str, ...] = ("numpy",)  # distributions that `fit` needs
    cost: Cost = Cost(0.001, 20.0, 16.0)
    monotone: bool = False  # honours `increasing` and `decreasing`: positions of features
    keeps_rows: bool = False  # its State holds training rows
    title: str = ""  # one line for people: what it does, in a model card
    docs: Mapping[str, str] = field(default_factory=dict)  # one line for people per parameter of its own

    def doc(self, param: str) -> str:
        """What a parameter does, in one line for people. Raises KeyError where nothing is said of it."""
        return self.docs[param] if param in self.docs else SHARED_DOCS[param]
