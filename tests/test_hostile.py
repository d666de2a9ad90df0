"""Names, labels and categories that try to be code, markup, paths or shell words stay texts, in every file."""

from __future__ import annotations

import ast
import csv
import json
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
import yaml

from tests.e2e.support import Ran, command
from tests.support.packages import imported

CANARY = "canary_of_this_test"
NAMES = (
    f'"); open("{CANARY}", "w"); ("',
    f"'''\nimport os; os.system('touch {CANARY}')\n'''",
    f'"""\nopen("{CANARY}", "w")\n"""',
    f"$(touch {CANARY}) `touch {CANARY}` ; touch {CANARY} | & > {CANARY}",
    "{{ ''.__class__.__mro__ }}{% for x in y %}{# c #}",
    f"<script>open('{CANARY}')</script><img src=x onerror=alert(1)>",
    "'; DROP TABLE rows; --",
    f"../../{CANARY}",
    f"/{CANARY}/../{CANARY}",
    "back\\slash\\N{BULLET}\\x00\\",
    "# comment\n- [a]: &x *x !!python/object:os.system",
    "\u202egnp.exe\u2066",
    "p\u0430ge",  # a Cyrillic a
    "page",
    "lambda",
    "None",
    "class def\treturn",
    "%s %(x)s {0} {x!r} ${x}",
    "line\u2028separator\u2029\x85",
    "n" * 10_000,
    "\U0001f4a9 e\u0301",
)
TARGET = "{{ target }}\"'\\"
LABELS = (f"</script><script>{CANARY}", f"'{{{{ 7*7 }}}}\"; $(touch {CANARY})")
ROWS = 60


def columns() -> dict[str, list[str]]:
    """The hostile texts as names and as values: columns of categories, and one of numbers."""
    found = {name: [NAMES[(row * 7 + at) % len(NAMES)] for row in range(ROWS)] for at, name in enumerate(NAMES[:-1])}
    found[NAMES[-1]] = [str(row * 37 % 23) for row in range(ROWS)]
    found[TARGET] = [LABELS[(row * 5 % 7) % 2] for row in range(ROWS)]
    return found


def write_spec(folder: Path, name: str, data: str, target: str) -> Path:
    spec = {
        "version": 1,
        "name": name,
        "data": {"path": data, "target": target, "format": {"delimiter": ","}},
        "validation": {"folds": 2},
        "search": {"budget": {"trials": 3}, "space": {"lightgbm": {"num_rounds": 3, "min_data_in_leaf": 2}}},
    }
    (folder / "spec.yaml").write_text(json.dumps(spec), encoding="utf-8")
    return folder / "spec.yaml"


def parse(path: Path) -> None:
    """The file is one of its kind."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        ast.parse(text)
    elif path.suffix in (".json", ".lock") and text.startswith("{"):
        json.loads(text)
    elif path.suffix == ".jsonl":
        [json.loads(line) for line in text.splitlines()]
    elif path.suffix == ".toml":
        tomllib.loads(text)
    elif path.suffix in (".yaml", ".yml"):
        list(yaml.safe_load_all(text))
    elif path.suffix == ".csv":
        assert len({len(row) for row in csv.reader(text.splitlines(keepends=True))}) == 1
    elif path.suffix == ".svg":
        assert not [node for node in ElementTree.fromstring(text).iter() if "script" in str(node.tag)]
    elif path.suffix == ".html":
        assert Elements.of(text) & {"img", "iframe", "object", "embed", "link"} == set()


class Elements(HTMLParser):
    """The names of all elements, and their attributes that would run something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    @classmethod
    def of(cls, text: str) -> set[str]:
        parser = cls()
        parser.feed(text)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        assert tag != "script" or not attrs

    def handle_data(self, data: str) -> None:
        assert self.lasttag != "script" or CANARY not in data


def everything(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")


def outside(folder: Path, run: Path) -> set[str]:
    """What lies beside the run, as paths below `folder`."""
    return {str(path.relative_to(folder)) for path in everything(folder) if not path.is_relative_to(run)}


def trained(folder: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> Ran:
    return command(capsys, "train", spec, "-o", folder / "run", "--executor", "inline")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in a folder, so that a step upwards would be seen; it is the current one too."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return inner


def test_hostile_texts_the_whole_way(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = columns()
    with (place / "data.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([table.keys(), *zip(*table.values(), strict=True)])
    spec = write_spec(place, "hostile_texts", "data.csv", TARGET)
    for suffix in ("svg", "mmd", "json"):
        assert command(capsys, "compile", spec, "--graph", place / f"graph.{suffix}").code == 0
    ran = trained(place, spec, capsys)
    assert ran.code == 0, ran.told
    made = {"spec.yaml", "data.csv", "plan.json", "automl.lock", "graph.svg", "graph.mmd", "graph.json"}
    assert outside(tmp_path, place / "run") == {f"a/b/{name}" for name in made}
    for path in everything(tmp_path):
        assert CANARY not in str(path)
        if path != spec and path.suffix not in (".npz", ".gz"):
            parse(path)
    package = imported(place / "run" / "package", "hostile_texts")
    records: list[dict[str, Any]] = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    assert package.evaluate(records).shape == (ROWS, 2)
    package.module("batch").predict_file(place / "data.csv", place / "out.csv")
    with (place / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert {name.removeprefix("probability_") for name in rows[0][1:]} == set(LABELS)
    assert {row[0] for row in rows[1:]} <= set(LABELS)
    assert not [path for path in everything(tmp_path) if CANARY in path.name]


def test_nul_in_names_and_values(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only files with types can hold it: a text with NUL is a text."""
    table = {"a\0b": ["x\0y", "z", "\0"] * 20, "n": [float(row % 7) for row in range(60)], "y": ["p\0", "q"] * 30}
    parquet.write_table(arrow.table(table), place / "data.parquet")
    ran = trained(place, write_spec(place, "with_nul", "data.parquet", "y"), capsys)
    assert ran.code == 0, ran.told
    package = imported(place / "run" / "package", "with_nul")
    assert package.evaluate([{"a\0b": "z", "n": 1}, {"a\0b": "x\0y", "n": 2}]).shape == (2, 2)
    for path in everything(place / "run"):
        if path.suffix != ".npz":
            parse(path)


def test_a_hostile_name_of_a_file_is_no_way_out(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("$(touch x).csv", "..%2f.csv", "<b>.csv", "a\nb.csv", "[x].csv", "-o.csv"):
        (place / name).write_text("x,y\n" + "".join(f"{row % 9},{row % 2}\n" for row in range(40)))
        spec = write_spec(place, "tiny", name, "y")
        assert command(capsys, "compile", spec, "--update").code == 0, name
        (place / name).unlink()
    assert outside(tmp_path, place / "run") == {"a/b/spec.yaml", "a/b/plan.json", "a/b/automl.lock"}
