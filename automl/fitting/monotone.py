"""Which features a prediction must rise or fall with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def signs(params: Mapping[str, Any], features: int) -> list[int] | None:
    """1, -1 or 0 for every feature, from the positions in the params `increasing` and `decreasing`; None: all 0."""
    found = [0] * features
    for name, sign in (("increasing", 1), ("decreasing", -1)):
        for position in params.get(name, ()):
            found[int(position)] = sign
    return found if any(found) else None
