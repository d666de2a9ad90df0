"""What can be emitted: a folder of templates for each entry of `package.targets`."""

from __future__ import annotations

TARGETS: dict[str, str] = {
    "python": "python",
    "docker": "docker",
}
BASE = "python"  # part of every package


def folders(targets: tuple[str, ...]) -> tuple[str, ...]:
    """The template folders of these targets, the base first. Raises KeyError."""
    return (BASE, *(TARGETS[target] for target in sorted(set(targets)) if target != BASE))
