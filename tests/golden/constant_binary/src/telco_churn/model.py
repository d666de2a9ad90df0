"""Loads the artifacts and predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .door import columns_of
from .integrity import HERE, verify
from .pipeline import ARTIFACTS, predict_matrix
from .schema import CLASSES, THRESHOLD
from .scoring.columns import Columns, Matrix, row_count
from .scoring.state import State, load_state


@dataclass(frozen=True)
class Model:
    """The winner, loaded. `digest` names the package that it came from."""

    states: Mapping[str, State]
    digest: str

    def predict(self, data: object) -> npt.NDArray[Any]:
        """One label per row: the positive class from the probability `schema.THRESHOLD` on. Raises BadInput."""
        return self.labels(self.predict_proba(data))

    def predict_proba(self, data: object) -> Matrix:
        """Probabilities of shape (rows, classes), in the order of `schema.CLASSES`. Raises BadInput."""
        return self.evaluate(columns_of(data))

    def labels(self, probabilities: Matrix) -> npt.NDArray[Any]:
        """The positive label of each row whose probability of it is at least `schema.THRESHOLD`, else the negative."""
        found: npt.NDArray[Any] = np.array(CLASSES, dtype=object)[(probabilities[:, 1] >= THRESHOLD).astype(np.int64)]
        return found

    def evaluate(self, columns: Columns) -> Matrix:
        """The output of the pipeline for columns that passed the door."""
        if row_count(columns) == 0:
            return np.empty((0, len(CLASSES)), dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            return predict_matrix(self.states, columns)


@cache
def load() -> Model:
    """The model, after a check of every file. Raises TamperedArtifact."""
    manifest = verify()
    states = {step: load_state(HERE / "artifacts", artifact) for step, artifact in ARTIFACTS.items()}
    return Model(states, manifest.digest)


def predict(data: object) -> npt.NDArray[Any]:
    """As `Model.predict`."""
    return load().predict(data)


def predict_proba(data: object) -> Matrix:
    """As `Model.predict_proba`."""
    return load().predict_proba(data)
