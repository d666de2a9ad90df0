"""The pipeline graph of one candidate: a choice-free DAG of nodes, in topological order."""

from __future__ import annotations

from collections.abc import Mapping

from automl.kinds import TableType
from automl.params import ParamValue
from automl.value import Value

SOURCE = "source"  # the id of the node that stands for the table itself


class Node(Value):
    """One step: an operator of the catalog, what it reads, and the parameters that the search does not touch.

    `columns` names the raw columns it takes from the source (empty for a step that reads matrices).
    `type` is the type of its output edge, filled in by the compiler.
    """

    id: str
    op: str
    inputs: tuple[str, ...]
    columns: tuple[str, ...] = ()
    params: Mapping[str, ParamValue | tuple[int, ...]] = {}
    type: TableType | None = None


class Graph(Value):
    """Nodes in topological order; the last one is the output. The source is not in the list."""

    nodes: tuple[Node, ...]

    @property
    def output(self) -> Node:
        """The node whose output is the prediction."""
        return self.nodes[-1]

    def node(self, node_id: str) -> Node:
        """The node of that id. Raises KeyError."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    @property
    def columns(self) -> tuple[str, ...]:
        """All raw columns that the graph reads, sorted."""
        return tuple(sorted({name for node in self.nodes for name in node.columns}))
