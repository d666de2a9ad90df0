"""The names of columns where a file gives none, or gives one twice. The same in training and in a package."""

from __future__ import annotations

from collections.abc import Sequence

BLANK_INDEX = ("column_1", "__index_level_0__")  # what an index that pandas wrote is called: without a name in csv


def field_names(names: Sequence[str]) -> tuple[str, ...]:
    """Every name once: the third column without a name is `column_3`, the second `a` is `a_2`."""
    found: dict[str, None] = {}
    taken = set(names)
    free: dict[str, int] = {}  # where the count of a name goes on: a thousand equal names are counted once
    for position, name in enumerate(names, start=1):
        new = name if name.strip() else f"column_{position}"
        if new in found or (new != name and new in taken):
            count = free.get(new, 2)
            while f"{new}_{count}" in taken:
                count += 1
            free[new] = count + 1
            new = f"{new}_{count}"
        found[new] = None
        taken.add(new)
    return tuple(found)
