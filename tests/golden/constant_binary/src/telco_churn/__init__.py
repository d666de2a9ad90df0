"""A binary model, made and pinned by automl 0.1.0.

`predict(data)` gives one label per row, `predict_proba(data)` one probability per row and class (in the order of
`schema.CLASSES`). `data` is a dict (one row), a list of dicts, a mapping of arrays, or a frame. The artifacts are
checked and loaded at the first call, or by `load()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .integrity import TamperedArtifact
    from .model import Model, load, predict, predict_proba
    from .scoring.table import BadInput

__all__ = ["BadInput", "Model", "TamperedArtifact", "load", "predict", "predict_proba"]

_HOMES = {"BadInput": "scoring.table", "TamperedArtifact": "integrity"}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: `refit` must set the number of threads before numpy is loaded."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES.get(name, 'model')}", __name__), name)
