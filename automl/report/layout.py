"""A small layered layout for directed acyclic graphs (after Sugiyama, Tagawa and Toda, 1981): layers, order, places.

1. The layer of a node is the longest path to it. 2. An edge over
several layers gets a lane in each. 3. Within a layer, nodes are sorted by the mean place of their
neighbours, swept forth and back a few times, which removes most crossings. 4. Boxes are stacked and centred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LETTER = 6.9  # mean width of a letter of a 12 px sans-serif font, in px, on the generous side
LINE, LANE, GAP_X, GAP_Y, MARGIN = 15.0, 2.0, 56.0, 16.0, 12.0
SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """A node's rectangle: left, top, width and height in px."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """The boxes by node, each edge's stops between its two boxes (left and right end of a lane), the size in px."""

    boxes: Mapping[str, Box]
    lanes: Mapping[tuple[str, str], tuple[Box, ...]]
    width: float
    height: float


def lay_out(labels: Mapping[str, Sequence[str]], inputs: Mapping[str, Sequence[str]]) -> Layout:
    """Places for the nodes of `labels` (lines of text each), whose edges come from `inputs`; topological order."""
    layers, near, lanes = with_lanes(layers_of(inputs), inputs)
    heights = {name: LINE * len(lines) + 10 for name, lines in labels.items()}
    heights |= {name: LANE for names in lanes.values() for name in names}
    tall = max(_stack(layer, heights) for layer in layers)
    boxes: dict[str, Box] = {}
    x = MARGIN
    for layer in order(layers, near):
        y = MARGIN + (tall - _stack(layer, heights)) / 2
        width = max(_width(labels[name]) for name in layer if name in labels)
        for name in layer:
            boxes[name] = Box(x, y, width, heights[name])
            y += heights[name] + GAP_Y
        x += width + GAP_X
    stops = {edge: tuple(boxes[name] for name in names) for edge, names in lanes.items()}
    return Layout({name: boxes[name] for name in labels}, stops, x - GAP_X + MARGIN, tall + 2 * MARGIN)


def with_lanes(
    layers: list[list[str]], inputs: Mapping[str, Sequence[str]]
) -> tuple[list[list[str]], dict[str, list[str]], dict[tuple[str, str], list[str]]]:
    """Edges that pass over layers get a lane in each, so that they run beside the boxes, not behind them.

    Gives the layers with the lanes, the inputs of boxes and lanes (each from the layer before), and the lanes by edge.
    """
    level = {name: i for i, layer in enumerate(layers) for name in layer}
    full = [list(layer) for layer in layers]
    near: dict[str, list[str]] = {name: [] for name in inputs}
    lanes: dict[tuple[str, str], list[str]] = {}
    for name, befores in inputs.items():
        for before in befores:
            last = before
            for i in range(level[before] + 1, level[name]):
                lane = f"{before}\n{name}\n{i}"  # ids of nodes have no newlines
                full[i].append(lane)
                near[lane] = [last]
                lanes.setdefault((before, name), []).append(lane)
                last = lane
            near[name].append(last)
    return full, near, lanes


def layers_of(inputs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The nodes by the length of the longest path to them."""
    depth: dict[str, int] = {}
    for name, befores in inputs.items():
        depth[name] = 1 + max((depth[before] for before in befores), default=-1)
    layers: list[list[str]] = [[] for _ in range(1 + max(depth.values()))]
    for name, level in depth.items():
        layers[level].append(name)
    return layers


def order(layers: list[list[str]], inputs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The layers, each sorted by the mean relative place of its neighbours before it, then after it."""
    outputs: dict[str, list[str]] = {name: [] for name in inputs}
    for name, befores in inputs.items():
        for before in befores:
            outputs[before].append(name)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        neighbours: Mapping[str, Sequence[str]] = inputs if forth else outputs
        for layer in layers if forth else reversed(layers):
            place = {name: (i + 0.5) / len(row) for row in layers for i, name in enumerate(row)}
            layer.sort(key=lambda name: _mean([place[n] for n in neighbours[name]], place[name]))
    return layers


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _width(lines: Sequence[str]) -> float:
    # Wide letters (East Asian ones) take about two places.
    return 16 + LETTER * max(sum(1 if ord(c) < 0x1100 else 2 for c in line) for line in lines)


def _stack(layer: Sequence[str], heights: Mapping[str, float]) -> float:
    return sum(heights[name] for name in layer) + GAP_Y * (len(layer) - 1)
