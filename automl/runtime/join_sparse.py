"""Several matrices side by side, some of them sparse, as one sparse matrix."""

from __future__ import annotations

from .sparse import Features, Sparse, as_sparse, side_by_side
from .state import State


def apply(state: State, *inputs: Features) -> Sparse:  # noqa: ARG001
    """Shape (rows, sum of the features), in the order of the inputs. Nothing is fitted: the State is empty."""
    return side_by_side([as_sparse(part) for part in inputs])
