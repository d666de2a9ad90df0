"""Puts grown trees into the arrays of `runtime.trees`, siblings side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Grown:
    """One tree as it was grown: per node its children (its own number in a leaf), the test, where missing values go.

    `value`: shape (nodes, width).
    """

    left: Array
    right: Array
    feature: Array
    threshold: Array
    missing_left: Array
    value: Array


def pack(trees: Sequence[Grown], kind: npt.DTypeLike) -> dict[str, Array]:
    """The arrays of a State. Thresholds are rounded down to `kind`: for values of that kind the test is the same."""
    parts: list[dict[str, Array]] = []
    nodes, leaves = 0, 0
    for tree in trees:
        part = _packed(tree, nodes, leaves)
        nodes, leaves = nodes + len(part["left"]), leaves + len(part["value"])
        parts.append(part)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    widest = int(joined["feature"].max(initial=0))
    joined["feature"] = joined["feature"].astype(np.int16 if widest < 2**15 else np.int32)
    joined["left"] = joined["left"].astype(np.int32)
    joined["threshold"] = _rounded_down(joined["threshold"], kind)
    return joined


def _packed(tree: Grown, first_node: int, first_leaf: int) -> dict[str, Array]:
    """One tree with its nodes in the order in which they are reached, level by level."""
    order, places = _levels(tree)
    leaf = tree.left[order] == order
    slots = first_leaf + np.cumsum(leaf) - 1
    left = np.where(leaf, -1 - slots, first_node + places[tree.left[order]])
    feature = 2 * tree.feature[order].astype(np.int64) + ~tree.missing_left[order].astype(bool)
    return {
        "left": left,
        "feature": np.where(leaf, 0, feature),
        "threshold": np.where(leaf, 0.0, tree.threshold[order]),
        "value": tree.value[order][leaf],
        "roots": np.array([first_node], dtype=np.int32),
    }


def _levels(tree: Grown) -> tuple[Array, Array]:
    """The nodes level by level, each left child right before its sibling; and the place of every node in that order."""
    level = np.array([0], dtype=np.int64)
    found = [level]
    while len(level):
        inner = level[tree.left[level] != level]
        level = np.stack([tree.left[inner], tree.right[inner]], axis=1).reshape(-1).astype(np.int64)
        found.append(level)
    order = np.concatenate(found)
    places = np.zeros(len(tree.left), dtype=np.int64)
    places[order] = np.arange(len(order))
    return order, places


def _rounded_down(thresholds: Array, kind: npt.DTypeLike) -> Array:
    """The largest number of that kind that is not above; an infinite threshold becomes the largest finite number."""
    limit = np.finfo(kind).max
    clipped = np.clip(thresholds, -limit, limit)
    near = clipped.astype(kind)
    down = np.nextafter(near, np.array(-np.inf, dtype=kind))
    return np.where(near.astype(np.float64) > clipped, down, near)
