from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.report.drawing import DRAWINGS, describe, draw, name_list
from automl.report.layout import lay_out, layers_of, order
from automl.report.markup import mermaid_text, xml_text
from tests.report.sample import linear, plan

HOSTILE = "\"]; click c0 <script>alert(1)</script>\n--> & \x00\x1b[31m '`end`"


def test_mermaid_has_every_node_and_edge() -> None:
    text = draw(plan(), ".mmd")
    assert text.startswith("flowchart LR\n")
    assert text.count("-->") == 1 + 5  # constant: source -> model; linear: two from the source, two joins, one model
    assert "c1n0 --> c1n2" in text and "c1n2 --> c1n3" in text


def test_no_text_of_the_data_is_mermaid_syntax() -> None:
    shape = re.compile(
        r'flowchart LR|  subgraph c\d+\["[^"\n]*"\]|    c\d+s\[\("[^"\n]*"\)\]'
        r'|    c\d+n\d+\["[^"\n]*"\]|    c\d+\w+ --> c\d+n\d+|  end'
    )
    for line in draw(plan(HOSTILE), ".mmd").splitlines():
        assert shape.fullmatch(line), line
        label = re.sub(r"#x?[0-9a-f]+;|<br/>", "", line.partition('"')[2].rpartition('"')[0])
        assert not set(label) & set("<>\"'`&;#\x00\x1b"), line


@pytest.mark.parametrize("name", ["c", HOSTILE, "列" * 10_000])
def test_svg_is_well_formed_and_shows_the_steps(name: str) -> None:
    root = ElementTree.fromstring(draw(plan(name), ".svg"))
    texts = [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"constant", "linear", "one_hot", "join", "logistic", "table"} <= set(texts)
    assert all(len(text) < 200 for text in texts)
    assert {node.tag.rpartition("}")[2] for node in root.iter()} <= {"svg", "g", "rect", "path", "text"}


def test_json_has_the_edges() -> None:
    found = json.loads(draw(plan(), ".json"))["candidates"][1]
    assert ["join", "model"] in found["edges"] and ["source", "one_hot"] in found["edges"]
    assert [node["id"] for node in found["nodes"]] == ["numbers", "one_hot", "join", "model"]


def test_drawings_are_the_same_bytes_again() -> None:
    assert all(draw(plan(), suffix) == draw(plan(), suffix) for suffix in DRAWINGS)


def test_long_lists_of_columns_are_cut() -> None:
    assert name_list(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"
    assert len(name_list(("x" * 10_000,))) == 30
    assert describe(linear().graph.nodes[0]) == ("numbers", "a, b", "gives 2 columns, dense")


@st.composite
def dags(draw_: st.DrawFn) -> dict[str, tuple[str, ...]]:
    size = draw_(st.integers(1, 12))
    names = [f"n{i}" for i in range(size)]
    pick = [draw_(st.lists(st.sampled_from(names[:i]), unique=True, max_size=3)) if i else [] for i in range(size)]
    return {name: tuple(befores) for name, befores in zip(names, pick, strict=True)}


@given(dags())
def test_layout_places_every_box_after_its_inputs_and_overlaps_none(inputs: dict[str, tuple[str, ...]]) -> None:
    layout = lay_out({name: (name, "text") for name in inputs}, inputs)
    boxes = list(layout.boxes.values())
    for name, befores in inputs.items():
        for before in befores:
            assert layout.boxes[before].x + layout.boxes[before].width < layout.boxes[name].x
    for i, a in enumerate(boxes):
        assert a.x >= 0 and a.y >= 0 and a.x + a.width <= layout.width and a.y + a.height <= layout.height
        for b in boxes[:i]:
            apart_x = a.x + a.width <= b.x or b.x + b.width <= a.x
            assert apart_x or a.y + a.height <= b.y or b.y + b.height <= a.y


@given(dags())
def test_long_edges_run_beside_the_boxes(inputs: dict[str, tuple[str, ...]]) -> None:
    layout = lay_out({name: (name, "text") for name in inputs}, inputs)
    for (before, after), lanes in layout.lanes.items():
        assert before in inputs[after]
        for lane in lanes:
            for box in layout.boxes.values():
                assert (
                    lane.x + lane.width <= box.x
                    or box.x + box.width <= lane.x
                    or not box.y < lane.y < box.y + box.height
                )


def test_order_removes_a_crossing() -> None:
    inputs = {"a": (), "b": (), "c": ("b",), "d": ("a",)}
    assert order(layers_of(inputs), inputs) in ([["a", "b"], ["d", "c"]], [["b", "a"], ["c", "d"]])


@given(st.text())
def test_markup_is_never_more_than_text(text: str) -> None:
    assert ElementTree.fromstring(f"<t a='{xml_text(text)}'>{xml_text(text)}</t>").tag == "t"
    assert not set(re.sub(r"#x?[0-9a-f]+;", "", mermaid_text(text))) & set("\"<>[](){};#&\n\r`'|\\")


def test_mermaid_text_keeps_every_sign_as_an_entity() -> None:
    assert mermaid_text('a "b"; é\x00') == "a #34;b#34;#59; é#xfffd;"
