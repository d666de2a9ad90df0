"""Many binary decision trees over one matrix: the sums of the leaves that each row falls into.

A State of trees has the arrays `feature`, `threshold` and `left` (one entry per node; the right child stands behind the
left one), `value` (shape (leaves, width)) and `roots` (the first node of each tree). A leaf has -1 - its row of `value`
as its left child. `feature` is 2 * column, plus 1 where missing values go right. Feature values are cast to the type of
`threshold` first: float32 for forests, as scikit-learn grows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .columns import Matrix
from .state import State

BLOCK = 4096  # rows at a time: their features and one tree stay in the cache
FEW_ROWS = 16  # so few rows go through all trees at once
LEVELS = 4  # levels that are taken before the rows that have reached a leaf are set aside

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Forest:
    """The arrays of a State as the walk needs them. In a leaf, the walk stays where it is."""

    feature: Places
    threshold: npt.NDArray[Any]
    left: Places
    slot: Places  # of every node: its row of `value`; 0 where it is no leaf
    value: Matrix
    roots: Places


def forest_of(state: State) -> Forest:
    """The trees of a State, kept with it."""
    found: Forest | None = state.handles.get("forest")
    if found is None:
        arrays = state.arrays
        left = arrays["left"].astype(np.intp)
        leaf = left < 0
        found = Forest(
            feature=arrays["feature"].astype(np.intp),
            threshold=np.where(leaf, arrays["threshold"].dtype.type(np.inf), arrays["threshold"]),
            left=np.where(leaf, np.arange(len(left)), left),
            slot=np.where(leaf, -1 - left, 0),
            value=np.asarray(arrays["value"], dtype=np.float64),
            roots=arrays["roots"].astype(np.intp),
        )
        state.handles.setdefault("forest", found)
    return found


def tree_sums(forest: Forest, x: Matrix, groups: int = 1, trees: slice = slice(None)) -> Matrix:
    """Shape (rows, groups * width): tree after tree added up; tree t adds to group t % groups.

    Few rows and many rows are walked in different orders and added in the same one: the bits are the same.
    """
    roots = forest.roots[trees]
    width = forest.value.shape[1]
    out = np.zeros((len(x), groups, width), dtype=np.float64)
    with np.errstate(over="ignore"):
        seen = _both_ways(x, forest.threshold.dtype)
    for start in range(0, len(x), BLOCK):
        block = seen[start : start + BLOCK]
        if len(block) <= FEW_ROWS:
            _add_at_once(forest, block, roots, out[start : start + BLOCK])
        else:
            _add_one_by_one(forest, block, roots, out[start : start + BLOCK])
    return out.reshape(len(x), groups * width)


def _both_ways(x: Matrix, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Every feature twice: missing as the lowest of all values (it goes left), then as the highest (right)."""
    limit = np.finfo(kind).max
    cast = np.clip(x, -limit, limit).astype(kind)
    both = np.repeat(cast, 2, axis=1)
    missing = np.isnan(cast)
    if missing.any():
        both[:, 0::2][missing] = -np.inf
        both[:, 1::2][missing] = np.inf
    return both


def _add_one_by_one(forest: Forest, block: npt.NDArray[Any], roots: Places, out: npt.NDArray[np.float64]) -> None:
    """Tree by tree, all rows of the block."""
    offsets = np.arange(len(block)) * block.shape[1]
    flat = block.reshape(-1)
    for t, root in enumerate(roots):
        leaves = _walk(forest, flat, np.full(len(block), root, dtype=np.intp), offsets)
        out[:, t % out.shape[1]] += forest.value.take(forest.slot.take(leaves), axis=0)


def _add_at_once(forest: Forest, block: npt.NDArray[Any], roots: Places, out: npt.NDArray[np.float64]) -> None:
    """All trees and rows in one walk; then the leaves of each row are added in the order of the trees."""
    rows, groups = len(block), out.shape[1]
    offsets = np.repeat(np.arange(rows) * block.shape[1], len(roots))
    leaves = _walk(forest, block.reshape(-1), np.tile(roots, rows), offsets)
    values = forest.value.take(forest.slot.take(leaves), axis=0).reshape(rows, len(roots), -1)
    for group in range(groups):
        parts = np.concatenate([out[:, group, np.newaxis], values[:, group::groups]], axis=1)
        out[:, group] = np.add.accumulate(parts, axis=1)[:, -1]


def _walk(forest: Forest, flat: npt.NDArray[Any], nodes: Places, offsets: Places) -> Places:
    """The leaf of every walker, from its first node and the place of its row in `flat`."""
    place = np.arange(len(nodes))
    while len(place):
        here, base = (nodes, offsets) if len(place) == len(nodes) else (nodes[place], offsets[place])
        for _ in range(LEVELS):
            right = flat.take(base + forest.feature.take(here)) > forest.threshold.take(here)
            here = forest.left.take(here) + right
        nodes[place] = here
        place = place[forest.left.take(here) != here]
    return nodes
