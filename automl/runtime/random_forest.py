"""Random forests: the mean over trees that were grown on rows drawn with replacement."""

from __future__ import annotations

from .forests import apply

__all__ = ["apply"]
