"""The target of a fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Target:
    """Shape (rows,): class codes 0 to `classes` - 1, int64 (binary: 1 is positive); or float64 where `classes` is 0.

    `weights`: what each row counts for, positive float64; None: every row counts the same.
    """

    values: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    classes: int
    weights: npt.NDArray[np.float64] | None = None

    def indicators(self) -> npt.NDArray[np.float64]:
        """The target as columns that can be averaged: the value, the positive class as 0/1, or each class as 0/1."""
        if self.classes == 0:
            return np.array(self.values, dtype=np.float64)[:, np.newaxis]
        shown = np.array([1]) if self.classes == 2 else np.arange(self.classes)
        return np.array(self.values[:, np.newaxis] == shown, dtype=np.float64)
