"""The pipeline graphs of a plan as a drawing: Mermaid, SVG or JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from automl.graph import SOURCE, Node
from automl.plan import Candidate, Plan
from automl.report.layout import LINE, Box, Layout, lay_out
from automl.report.markup import mermaid_text, xml_text
from automl.value import pretty_json

NAMES_SHOWN = 3
LETTERS_SHOWN = 30


def draw(plan: Plan, suffix: str) -> str:
    """The text of the drawing for a file suffix of DRAWINGS. Raises KeyError for another suffix."""
    return DRAWINGS[suffix](plan)


def describe(node: Node) -> tuple[str, ...]:
    """A node in two or three short lines: its operator, the raw columns it reads, what leaves it."""
    lines = [node.op]
    if node.columns:
        lines.append(name_list(node.columns))
    if node.type is not None:
        count = len(node.type.columns)
        bundles = any(column.name.endswith("*") for column in node.type.columns)  # one for each level or part
        shape = "sparse" if node.type.sparse else "dense"
        gaps = ", with missing" if node.type.missing else ""
        columns = "columns or more" if bundles else "column" if count == 1 else "columns"
        lines.append(f"gives {count} {columns}, {shape}{gaps}")
    return tuple(lines)


def name_list(names: tuple[str, ...]) -> str:
    """The first names, each of bounded length, and how many more there are."""
    shown = [name if len(name) <= LETTERS_SHOWN else name[: LETTERS_SHOWN - 1] + "…" for name in names[:NAMES_SHOWN]]
    more = len(names) - NAMES_SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def source_lines(candidate: Candidate) -> tuple[str, ...]:
    """The table itself, as a box."""
    count = len(candidate.graph.columns)
    return ("table", f"{count} {'column' if count == 1 else 'columns'} read")


def as_mermaid(plan: Plan) -> str:
    """A Mermaid flowchart, one subgraph for each candidate. Node names are positions: no text of the data is syntax."""
    lines = ["flowchart LR"]
    for c, candidate in enumerate(plan.candidates):
        places = {SOURCE: f"c{c}s"} | {node.id: f"c{c}n{n}" for n, node in enumerate(candidate.graph.nodes)}
        lines.append(f'  subgraph c{c}["{mermaid_text(candidate.id)}"]')
        lines.append(f'    {places[SOURCE]}[("{_mermaid_lines(source_lines(candidate))}")]')
        for node in candidate.graph.nodes:
            lines.append(f'    {places[node.id]}["{_mermaid_lines(describe(node))}"]')
            lines.extend(f"    {places[before]} --> {places[node.id]}" for before in inputs_of(node))
        lines.append("  end")
    return "\n".join(lines) + "\n"


def inputs_of(node: Node) -> tuple[str, ...]:
    """Where the node's edges come from: a node that names raw columns reads the source, even if it doesn't say so."""
    reads_source = bool(node.columns) and SOURCE not in node.inputs
    return (SOURCE, *node.inputs) if reads_source or not node.inputs else node.inputs


def _mermaid_lines(lines: tuple[str, ...]) -> str:
    return "<br/>".join(mermaid_text(line) for line in lines)


def as_json(plan: Plan) -> str:
    """Nodes and edges of every candidate, for other tools."""
    return pretty_json({"format": 1, "candidates": [_candidate_json(c) for c in plan.candidates]})


def _candidate_json(candidate: Candidate) -> dict[str, object]:
    nodes = candidate.graph.model_dump(mode="json")["nodes"]
    edges = [[before, node.id] for node in candidate.graph.nodes for before in inputs_of(node)]
    return {"id": candidate.id, "family": candidate.family, "nodes": nodes, "edges": edges}


def as_svg(plan: Plan) -> str:
    """All candidates below each other, each laid out in layers from the table on the left to the prediction."""
    drawings = [candidate_svg(candidate) for candidate in plan.candidates]
    width = max((w for w, _, _ in drawings), default=0.0)
    parts, top = [], 0.0
    for _, height, body in drawings:
        parts.append(f'<g transform="translate(0,{top:g})">{body}</g>')
        top += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{top:g}" viewBox="0 0 {width:g} {top:g}" '
        f'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def candidate_svg(candidate: Candidate) -> tuple[float, float, str]:
    """Width, height and SVG elements of one candidate's graph."""
    labels = {SOURCE: source_lines(candidate)} | {node.id: describe(node) for node in candidate.graph.nodes}
    inputs = {SOURCE: ()} | {node.id: inputs_of(node) for node in candidate.graph.nodes}
    layout = lay_out(labels, inputs)
    title = f'<text x="12" y="20" font-weight="bold" font-size="14">{xml_text(candidate.id)}</text>'
    edges = "".join(_edge_svg(layout, before, node) for node, befores in inputs.items() for before in befores)
    boxes = "".join(_box_svg(layout.boxes[name], lines, name == SOURCE) for name, lines in labels.items())
    return layout.width, layout.height + 30, f'{title}<g transform="translate(0,30)">{edges}{boxes}</g>'


def _edge_svg(layout: Layout, before: str, after: str) -> str:
    a, b = layout.boxes[before], layout.boxes[after]
    x, y = a.x + a.width, a.y + a.height / 2
    path = f"M{x:g} {y:g}"
    for lane in layout.lanes.get((before, after), ()):
        path += _curve(x, y, lane.x, lane.y) + f"H{lane.x + lane.width:g}"
        x, y = lane.x + lane.width, lane.y
    end_x, end_y = b.x, b.y + b.height / 2
    path += _curve(x, y, end_x - 6, end_y)
    tip = f"M{end_x - 7:g} {end_y - 4:g}L{end_x:g} {end_y:g}L{end_x - 7:g} {end_y + 4:g}Z"
    return f'<path d="{path}" fill="none" stroke="#667"/><path d="{tip}" fill="#667"/>'


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    return f"C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"


def _box_svg(box: Box, lines: tuple[str, ...], source: bool) -> str:
    fill = "#eef4e4" if source else "#e8effa"
    rect = f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="4" '
    texts = "".join(_line_svg(box, i, line) for i, line in enumerate(lines))
    return f'{rect}fill="{fill}" stroke="#667"/>{texts}'


def _line_svg(box: Box, i: int, line: str) -> str:
    weight = ' font-weight="bold"' if i == 0 else ""
    return f'<text x="{box.x + 8:g}" y="{box.y + 17 + LINE * i:g}"{weight}>{xml_text(line)}</text>'


DRAWINGS: Mapping[str, Callable[[Plan], str]] = {".mmd": as_mermaid, ".svg": as_svg, ".json": as_json}
