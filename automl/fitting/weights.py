"""How much each row counts in a fit: its weight in the data, times the balance of its class."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .target import Target


def row_weights(target: Target, class_weight: Any = "none") -> npt.NDArray[np.float64] | None:
    """One weight per row, or None where all rows count the same.

    `class_weight`: "none" or None; "balanced" multiplies each row's own weight by (all weights) / (classes x weights of
    its class), the formula of scikit-learn's "balanced" with weights for counts. Classes without rows do not count.
    Regression has no classes to balance. Raises ValueError for another `class_weight`.
    """
    if class_weight not in ("none", None, "balanced"):
        raise ValueError(f"class_weight is {class_weight!r}, expected none or balanced")
    own = None if target.weights is None else np.asarray(target.weights, dtype=np.float64)
    if class_weight != "balanced" or target.classes == 0:
        return own
    codes = target.values.astype(np.int64)
    every = np.ones(len(codes)) if own is None else own
    sums = np.bincount(codes, weights=every, minlength=target.classes)
    present = sums > 0
    factors = np.zeros(target.classes)
    factors[present] = every.sum() / (present.sum() * sums[present])
    return np.array(every * factors[codes], dtype=np.float64)
