"""Several matrices side by side."""

from __future__ import annotations

import numpy as np

from .columns import Matrix
from .state import State


def apply(state: State, *inputs: Matrix) -> Matrix:  # noqa: ARG001
    """Shape (rows, sum of the features), in the order of the inputs. Nothing is fitted: the State is empty."""
    return np.ascontiguousarray(np.concatenate(inputs, axis=1))
