"""Extremely randomised trees: the mean over trees whose thresholds were drawn by chance."""

from __future__ import annotations

from .forests import apply

__all__ = ["apply"]
