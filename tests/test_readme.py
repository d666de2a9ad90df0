"""What README, specs and repository files say of each other."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from automl.cli.main import COMMANDS
from automl.spec.load import load_spec
from tests.test_architecture import FLOOR

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def test_the_readme_quotes_the_spec() -> None:
    quoted = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert quoted == [(ROOT / "specs" / "bank.yaml").read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "command", ["pip install . && automl train specs/bank.yaml", 'pip install ".[test]" && pytest']
)
def test_the_readmes_commands_stand_once_on_a_line_of_their_own(command: str) -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines.count(command) == 1
    beginning = command.removesuffix(" specs/bank.yaml")
    assert [line for line in lines if beginning in line] == [command]  # .ci/run finds it by this


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_example_specs_are_valid_short_and_have_their_data(path: Path) -> None:
    loaded = load_spec(path)
    assert loaded.written.name == path.stem
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 18
    table = path.parent / re.search(r"path: (\S+)", text)[1]  # type: ignore[index]
    with gzip.open(table, "rt", encoding="utf-8") as lines:
        assert loaded.written.data.target in next(lines).strip().split(",")
    assert table.name in (ROOT / "specs" / "data" / "ATTRIBUTION.md").read_text(encoding="utf-8")


DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"]
DOCUMENTS += sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_files_that_are_there(document: str) -> None:
    named = re.findall(r"`((?:automl|docs|specs|tests|templates|benchmarks)/[\w./-]*)`", (ROOT / document).read_text())
    absent = [name for name in named if "NAME" not in name and not (ROOT / name).exists()]
    assert absent == []


@pytest.mark.parametrize("floor", range(7))
def test_the_house_and_its_test_have_the_same_floors(floor: int) -> None:
    text = (ROOT / "docs" / "design" / "0001-the-house.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| {floor} \| (.*?) \|", text, re.MULTILINE)
    named = {name.strip("`/").removesuffix(".py") for name in row.split(", ")}
    assert named == {name for name, own in FLOOR.items() if own == floor} - {"__main__"}


def test_every_command_of_the_readme_is_one_and_none_is_left_out() -> None:
    named = re.findall(r"^\| `automl (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert named == list(COMMANDS)
