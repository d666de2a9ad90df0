"""Loads the artifacts and predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from .door import columns_of
from .integrity import HERE, verify
from .pipeline import ARTIFACTS, predict_matrix
from .scoring.columns import Columns, Matrix, row_count
from .scoring.state import State, load_state


@dataclass(frozen=True)
class Model:
    """The winner, loaded. `digest` names the package that it came from."""

    states: Mapping[str, State]
    digest: str

    def predict(self, data: object) -> npt.NDArray[np.float64]:
        """One number per row. Raises BadInput."""
        return self.evaluate(columns_of(data))[:, 0]

    def evaluate(self, columns: Columns) -> Matrix:
        """The output of the pipeline for columns that passed the door."""
        if row_count(columns) == 0:
            return np.empty((0, 1), dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            return predict_matrix(self.states, columns)


@cache
def load() -> Model:
    """The model, after a check of every file. Raises TamperedArtifact."""
    manifest = verify()
    states = {step: load_state(HERE / "artifacts", artifact) for step, artifact in ARTIFACTS.items()}
    return Model(states, manifest.digest)


def predict(data: object) -> npt.NDArray[np.float64]:
    """As `Model.predict`."""
    return load().predict(data)
