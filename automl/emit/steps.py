"""The winner's graph and final tasks as the templates of pipeline.py and train.py show them: one record per node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from automl.catalog import OPERATORS
from automl.catalog.operator import Operator
from automl.emit.text import plain, tame
from automl.graph import SOURCE, Graph, Node
from automl.rows import ALL, RowSet, Split
from automl.tasks import Fit, Task

SHOWN_NAMES = 4  # column names that a docstring tells; more are a number and a constant
LINE = 120


@dataclass(frozen=True)
class Step:
    """One node. Names are identifiers; `inputs` are the variables it reads (empty: the source)."""

    name: str
    module: str
    title: str
    columns: tuple[str, ...]
    inputs: tuple[str, ...]
    fit: Fit | None
    inner: tuple[Fit, ...]
    edge: str = "Matrix"  # the type of its output
    edges: tuple[str, ...] = ()  # of its inputs

    @property
    def reads_source(self) -> bool:
        """Whether it takes raw columns."""
        return bool(self.columns)

    @property
    def constant(self) -> str:
        """The constant that holds the names of its columns."""
        return f"{self.name}_columns".upper()

    @property
    def function(self) -> str:
        """Its function in pipeline.py."""
        return f"apply_{self.name}"

    @property
    def variable(self) -> str:
        """The variable that holds its output."""
        return f"x_{self.name}"

    @property
    def inner_seeds(self) -> tuple[int, ...]:
        """The seeds of its inner fits, by fold."""
        return tuple(fit.seed for fit in self.inner)

    @property
    def signature(self) -> str:
        """The parameters of its function."""
        given = ["states: States"] if self.fit else []
        return ", ".join(
            given
            + (
                ["columns: Columns"]
                if self.reads_source
                else [f"{name}: {edge}" for name, edge in zip(self.inputs, self.edges, strict=True)]
            )
        )

    @property
    def state(self) -> str:
        """How its function gets at its State."""
        return f'states["{self.name}"]' if self.fit else "State()"

    @property
    def arguments(self) -> str:
        """The matrices that its function passes on."""
        return ", ".join(self.inputs)

    @property
    def call(self) -> str:
        """The call of its function inside `predict_matrix`."""
        given = ["states"] if self.fit else []
        return f"{self.function}({', '.join([*given, *(['columns'] if self.reads_source else self.inputs)])})"

    @property
    def doc(self) -> str:
        """What it does and on what, in words. Holds no column name that could be anything but a name."""
        what = self.title[:1].upper() + self.title[1:]
        if not self.reads_source:
            origins = [name.removeprefix("x_") for name in self.inputs]
            return _sentence(what, "reads what " + _and(origins) + (" gives" if len(origins) == 1 else " give"))
        names = self.columns if len(self.columns) <= SHOWN_NAMES and all(map(tame, self.columns)) else ()
        shown = ", ".join(names) if names and len(what) + sum(map(len, names)) < LINE - 40 else ""
        count = "1 column" if len(self.columns) == 1 else f"{len(self.columns)} columns"
        return _sentence(what, f"reads {shown or count}")


def _sentence(what: str, reads: str) -> str:
    text = f"{what}; {reads}."
    return text if len(text) + 10 <= LINE else f"{what}."


def _and(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return ", ".join(names[:-1]) + " and " + names[-1]


def steps_of(graph: Graph, tasks: Iterable[Task], split: Split, whole: RowSet = ALL) -> tuple[Step, ...]:
    """One Step per node, in the graph's order.

    Raises ValueError where the tasks do not fit the graph over the rows `whole`, or cross-fit by another split.
    """
    names = _step_names(graph)
    fits: dict[str, list[Fit]] = {}
    for task in tasks:
        if isinstance(task, Fit):
            fits.setdefault(task.node, []).append(task)
    steps = tuple(_step(node, names, fits.get(node.id, []), (split, whole)) for node in graph.nodes)
    edges = {step.variable: step.edge for step in steps}
    return tuple(replace(step, edges=tuple(edges[name] for name in step.inputs)) for step in steps)


def _step(node: Node, names: Mapping[str, str], fits: list[Fit], cut: tuple[Split, RowSet]) -> Step:
    split, every = cut
    operator = OPERATORS[node.op]
    whole = [fit for fit in fits if fit.rows == every]
    if len(whole) != (1 if operator.fitted else 0):
        raise ValueError(f"step {node.id!r} has {len(whole)} fits on all rows")
    inner = {fit.rows: fit for fit in fits if fit.rows != every}
    expected = [every.part(split, index, "in") for index in range(split.folds or 0)] if operator.cross_fitted else []
    if set(inner) != set(expected):
        raise ValueError(f"step {node.id!r} is cross-fitted in another way than can be written down")
    return Step(
        name=names[node.id],
        module=operator.module,
        title=operator.title or operator.name,
        columns=tuple(node.columns) if operator.reads_source else (),
        inputs=tuple(f"x_{names[name]}" for name in node.inputs if name != SOURCE and not operator.reads_source),
        fit=whole[0] if whole else None,
        inner=tuple(inner[rows] for rows in expected),
        edge="Sparse" if operator.gives_sparse else "Matrix",
    )


def _step_names(graph: Graph) -> dict[str, str]:
    """Node id -> a Python name for it, distinct."""
    found: dict[str, str] = {}
    for node in graph.nodes:
        name = re.sub(r"[^a-z0-9]+", "_", node.id.lower()).strip("_") or "step"
        while name in found.values():
            name += "_"
        found[node.id] = name
    return found


def artifacts_of(graph: Graph) -> dict[str, str]:
    """Node id -> the name of its step, by which its State is stored. Only nodes that are fitted."""
    return {node_id: name for node_id, name in _step_names(graph).items() if OPERATORS[graph.node(node_id).op].fitted}


def operators_of(graph: Graph) -> tuple[Operator, ...]:
    """The operators that the graph uses, by name."""
    return tuple(OPERATORS[name] for name in sorted({node.op for node in graph.nodes}))


def carries_rows(graph: Graph) -> bool:
    """Whether the artifacts hold rows of the training table, not only what was computed from them."""
    return any(operator.keeps_rows for operator in operators_of(graph))


def pipeline_context(steps: tuple[Step, ...], classes: tuple[str, ...]) -> dict[str, Any]:
    """What pipeline.py.jinja reads."""
    return {
        "steps": steps,
        "modules": sorted({step.module for step in steps}),
        "artifacts": {step.name: step.name for step in steps if step.fit},
        "sparse": any(step.edge == "Sparse" for step in steps),
        "needs_state": any(step.fit is None for step in steps),
        "output_doc": f"Shape (rows, {len(classes)}): probabilities." if classes else "Shape (rows, 1).",
    }


def train_context(steps: tuple[Step, ...], split: Split) -> dict[str, Any]:
    """What train.py.jinja reads, besides `steps`."""
    crossed = any(step.inner for step in steps)
    return {
        "fit_modules": sorted({step.module for step in steps if step.fit}),
        "crossed_modules": sorted({step.module for step in steps if step.inner}),
        "inner": {"kind": plain(split.kind), "folds": split.folds, "seed": split.seed} if crossed else None,
    }
