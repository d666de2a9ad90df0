"""From a file to a LoadedSpec: files that are none, encodings, what YAML means, and texts at random."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import AutomlError
from automl.spec.codes import CODES
from automl.spec.load import MAX_BYTES, LoadedSpec, load_spec, parse_spec
from tests.spec.support import EVERYTHING, SHORTEST, codes, findings, written


def refused(path: Path) -> AutomlError:
    with pytest.raises(AutomlError) as caught:
        load_spec(path)
    return caught.value


def test_the_shortest_spec(tmp_path: Path) -> None:
    path = tmp_path / "churn.yaml"
    path.write_text(SHORTEST)
    loaded = load_spec(path)
    assert isinstance(loaded, LoadedSpec)
    assert loaded.written.data.path == ("telco_churn.csv.gz",)
    assert (loaded.file, loaded.folder) == (str(path), tmp_path)
    spot = loaded.places.spot(("data", "target"), "value")
    assert (spot.line, spot.column, spot.length) == (5, 11, 5)


def test_everything_is_understood_and_only_what_comes_later_is_refused() -> None:
    """Of all that the contract names; its list of families beside a constrained column is a mistake by the contract."""
    assert set(codes(EVERYTHING)) == {"SPEC085", "SPEC090"}
    lines = {d.line: EVERYTHING.splitlines()[(d.line or 1) - 1] for d in findings(EVERYTHING)}
    assert len(findings(EVERYTHING)) == 8 and len(lines) == 6


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "SPEC001"), (b"", "SPEC003"), (b"\xff\xfev\x00", "SPEC004"), (b"a: " + b"x" * MAX_BYTES, "SPEC010")],
)
def test_a_file_that_is_no_spec(content: bytes | None, code: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    if content is not None:
        path.write_bytes(content)
    assert [d.code for d in refused(path).diagnostics] == [code]


def test_a_folder_and_an_impossible_path(tmp_path: Path) -> None:
    assert refused(tmp_path).diagnostics[0].code == "SPEC002"
    assert refused(Path("a\0b")).diagnostics[0].code == "SPEC002"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").diagnostics[0].code == "SPEC002"


def test_a_byte_order_mark_and_line_ends_of_other_systems(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SHORTEST.replace("\n", "\r\n").encode())
    assert load_spec(path).written.name == "telco-churn"
    path.write_bytes(b"\xef\xbb\xbf" + SHORTEST.replace("version: 1", "version: 7").encode())
    (found,) = refused(path).diagnostics
    assert (found.code, found.line, found.column) == ("SPEC030", 1, 10)
    assert found.source == "version: 7"


@pytest.mark.parametrize("plain", ["yes", "no", "on", "off", "Yes", "n", "2020-01-01", "1_000", "0x", "nan", "1:30"])
def test_a_plain_word_stays_a_text(plain: str) -> None:
    assert written(SHORTEST + f"  positive: {plain}\n").data.positive == plain


@pytest.mark.parametrize(
    ("plain", "value"),
    [("1", 1), ("1.5", 1.5), ("true", True), ("0x1F", 31), ("0o17", 15), ("1e3", 1000.0), ("-7", -7)],
)
def test_numbers_and_booleans(plain: str, value: object) -> None:
    found = written(SHORTEST + f"  positive: {plain}\n").data.positive
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("plain", [".inf", "-.INF", ".nan", "1e999", "9" * 30, "9" * 5000, "0x" + "f" * 40])
def test_numbers_that_are_none(plain: str) -> None:
    assert codes(SHORTEST + f"  positive: {plain}\n") == ["SPEC018"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a: "\\0"\n', ["SPEC005"]),
        ('a: "\\x1b[31m"\n', ["SPEC005"]),
        ('a: "\\ud800"\n', ["SPEC005"]),
        ('a: "\\UFFFFFFFF"\n', ["SPEC007"]),
        ("%YAML 1.99999999999999999999\n---\na: 1\n", None),
        ("%YAML 3.1\n---\na: 1\n", ["SPEC007"]),
        ("a: *b\n", ["SPEC009"]),
        ("? {a: 1}\n: 2\n", ["SPEC015"]),
        ("*a : 1\n", ["SPEC015"]),
        ("null: 1\n", ["SPEC015"]),
        ("a: !!binary aGk=\n", ["SPEC016"]),
        ("!!set {a, b}\n", ["SPEC016"]),
        ("just a text\n", ["SPEC013"]),
        ("[" * 100_000, ["SPEC011"]),
        ("- " * 100_000, ["SPEC011"]),
        ("a: [" + "1," * 20_000 + "]", ["SPEC010"]),
    ],
)
def test_odd_yaml(text: str, found: list[str] | None) -> None:
    odd = [code for code in codes(text) if code not in ("SPEC020", "SPEC014")]
    assert found is None or odd == found


def test_a_duplicate_key_counts_once_and_hides_nothing() -> None:
    assert codes(SHORTEST.replace("name: telco-churn", "name: numpy\nname: json")) == ["SPEC032", "SPEC008"]


def test_an_alias_is_the_value_it_stands_for() -> None:
    spec = written(SHORTEST + "  id: &names [a, b]\n  columns: {c: {missing: *names}}\n")
    assert spec.data.columns is not None and spec.data.columns["c"].missing == ("a", "b")


def test_one_wrong_entry_of_a_list_does_not_hide_the_others() -> None:
    text = SHORTEST + "search: {families: [3, lightgbn]}\naccept: [3, {metric: x, at_least: 1}]\n"
    assert codes(text) == ["SPEC021", "SPEC046", "SPEC021", "SPEC043"]


def hold(text: str) -> None:
    """Whatever the text is: a spec, or findings with a listed code and a place that exists."""
    spec, _, found = parse_spec(text, "spec.yaml")
    assert spec is not None or found
    for diagnostic in found:
        assert diagnostic.code in CODES
        assert diagnostic.line is not None and 1 <= diagnostic.line <= len(text) + 1
        assert diagnostic.as_text() and diagnostic.as_text().isascii() is not None
    assert AutomlError(found).diagnostics is not None


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!#|>'\"%@`?,\n \t0\0é"), max_size=40))
def test_any_text(text: str) -> None:
    hold(text)


@given(st.data())
def test_everything_with_a_piece_replaced(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(EVERYTHING)))
    end = data.draw(st.integers(start, min(len(EVERYTHING), start + 30)))
    piece = data.draw(st.text(alphabet="a1:-[]{}&*'\"\n ,.", max_size=8))
    hold(EVERYTHING[:start] + piece + EVERYTHING[end:])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["5s", "1MiB"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
PATHS = [
    ("version",),
    ("name",),
    ("task",),
    ("data",),
    ("metric",),
    ("validation",),
    ("search",),
    ("ensemble",),
    ("accept",),
    ("run",),
    ("package",),
    *(("data", key) for key in ("path", "url", "target", "positive", "id", "columns", "checks", "format")),
    *(("validation", key) for key in ("folds", "gap", "holdout")),
    *(("search", key) for key in ("budget", "trial", "families", "space")),
    ("search", "space", "lightgbm"),
    ("search", "space", "lightgbm", "num_leaves"),
    ("search", "space", "linear"),
    ("search", "space", "logistic", "C"),
    *(("package", key) for key in ("targets", "version")),
    ("run", "executor"),
    ("ensemble", "size"),
]


@given(st.dictionaries(st.sampled_from(PATHS), VALUES, max_size=4))
def test_any_value_anywhere(changes: dict[tuple[str, ...], object]) -> None:
    spec = yaml.safe_load(EVERYTHING)
    for path, value in changes.items():
        at = spec
        for part in path[:-1]:
            if not isinstance(at, dict):
                break
            at = at.setdefault(part, {})
        if isinstance(at, dict):
            at[path[-1]] = value
    hold(yaml.safe_dump(spec, allow_unicode=True))
