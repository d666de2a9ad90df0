"""`automl verify` on real packages: sound, changed, and without their data."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.data import rows as table_rows
from tests.e2e.data import write_csv, write_spec
from tests.e2e.support import Ran, command, copy_run, files_of, run_inline


def rewrite(package: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change one file, and what the manifest says of it: the package agrees with itself again."""
    file, manifest = package / name, package / "manifest.json"
    content = change(file.read_bytes())
    assert content != file.read_bytes()
    file.write_bytes(content)
    said = json.loads(manifest.read_text())
    said["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    manifest.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")


def changed(run: Path, place: Path) -> Path:
    """The package in a copy of a run."""
    return copy_run(run, place) / "package"


def names(ran: Ran) -> set[str]:
    """The files that are told to differ."""
    return {text.partition(":")[0] for text in ran.told["differences"]}


@pytest.mark.parametrize("which", ["finished", "boosted"])
def test_a_sound_package(which: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    package = request.getfixturevalue(which) / "package"
    ran = command(capsys, "verify", package)
    assert (ran.code, ran.told["ok"], ran.told["differences"]) == (0, True, [])
    assert ran.told["files"] == len(files_of(package))
    assert (ran.told["rows"], ran.told["rows_different"]) == (600, 0)


def test_a_changed_artifact(boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One leaf of one tree, with its sha256 and its size set right: only a refit can tell."""
    package = changed(boosted, tmp_path / "run")
    trees = "src/shop/artifacts/lightgbm.txt"

    def one_leaf(text: bytes) -> bytes:
        line = next(line for line in text.split(b"\n") if line.startswith(b"leaf_value="))
        first = line.removeprefix(b"leaf_value=").split()[0]
        return text.replace(line, line.replace(first, b"0.75".ljust(len(first), b"1"), 1), 1)

    rewrite(package, trees, one_leaf)
    ran = command(capsys, "verify", package)
    assert ran.code == 6
    assert {trees, "manifest.json", "predictions"} <= names(ran)
    assert ran.told["rows_different"] > 0


def test_a_changed_artifact_that_the_manifest_does_not_know(
    boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = changed(boosted, tmp_path / "run")
    file = package / "src/shop/artifacts/lightgbm.txt"
    file.write_bytes(file.read_bytes() + b"\n")
    ran = command(capsys, "verify", package)
    assert ran.code == 6
    assert "src/shop/artifacts/lightgbm.txt: its sha256 is not the manifest's" in ran.told["differences"]


def test_another_winner(boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = changed(boosted, tmp_path / "run")

    def other_rate(text: bytes) -> bytes:
        said = json.loads(text)
        said["winner"]["trial"]["params"]["lightgbm.learning_rate"] *= 0.5
        return json.dumps(said, indent=2, sort_keys=True).encode()

    rewrite(package, "winner.json", other_rate)
    ran = command(capsys, "verify", package)
    assert ran.code == 6
    assert "src/shop/artifacts/lightgbm.txt" in names(ran)


def test_a_better_score_than_was_reached(boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The winner's refit does not know its score; the replay does."""
    package = changed(boosted, tmp_path / "run")

    def praise(text: bytes) -> bytes:
        said = json.loads(text)
        said["winner"]["trial"]["score"] = 0.999
        return json.dumps(said, indent=2, sort_keys=True).encode()

    rewrite(package, "winner.json", praise)
    ran = command(capsys, "verify", package, "--search")
    assert ran.code == 6
    assert any("wins the replay" in text for text in ran.told["differences"])


@pytest.mark.parametrize("name", ["README.md", "src/shop/pipeline.py", "requirements.lock", "src/shop/train.py"])
def test_any_changed_file(name: str, boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = changed(boosted, tmp_path / "run")
    rewrite(package, name, lambda text: text + b"\n# more\n")
    ran = command(capsys, "verify", package)
    assert ran.code == 6
    assert name in names(ran)


def test_a_file_more(boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = changed(boosted, tmp_path / "run")
    (package / "src/shop/artifacts/more.json").write_text("{}")
    ran = command(capsys, "verify", package)
    assert ran.code == 6
    assert "src/shop/artifacts/more.json: no part of the package" in ran.told["differences"]


class TestData:
    @pytest.fixture
    def run(self, tmp_path: Path) -> Path:
        """A small run with data of its own."""
        spec = write_spec(tmp_path, 2)
        run_inline(spec, tmp_path / "run")
        return tmp_path / "run"

    def test_gone_and_named(self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "other").mkdir()
        shutil.move(tmp_path / "shop.csv", tmp_path / "other" / "shop.csv")
        gone = command(capsys, "verify", run / "package")
        assert (gone.code, gone.codes) == (1, {"VER003"})
        assert str(tmp_path / "shop.csv") in gone.told["diagnostics"][0]["message"]
        for place in ("other/shop.csv", "other"):
            assert command(capsys, "verify", run / "package", "--data", tmp_path / place).code == 0

    def test_a_package_alone_asks_for_its_data(
        self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copytree(run / "package", tmp_path / "alone")
        asked = command(capsys, "verify", tmp_path / "alone")
        assert (asked.code, asked.codes) == (1, {"VER003"})
        assert "shop.csv" in asked.told["diagnostics"][0]["hint"]
        assert command(capsys, "verify", tmp_path / "alone", "--data", tmp_path / "shop.csv").code == 0

    def test_other_data(self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        lines = table_rows()
        lines[7]["age"] = "19" if lines[7]["age"] != "19" else "20"
        write_csv(tmp_path / "shop.csv", lines)
        ran = command(capsys, "verify", run / "package")
        assert (ran.code, ran.codes) == (1, {"PLAN005"})
        assert "'age'" in ran.told["diagnostics"][0]["message"]


def test_a_file_more_outside_the_sources(boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = changed(boosted, tmp_path / "run")
    (package / "deploy.sh").write_text("true\n")
    ran = command(capsys, "verify", package)
    assert ran.code == 6
    assert "deploy.sh: no part of the package" in ran.told["differences"]


def test_decisions_that_are_none(boosted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = changed(boosted, tmp_path / "run")
    (package / "decisions.json").write_text("null")
    ran = command(capsys, "verify", package)
    assert (ran.code, ran.codes) == (1, {"VER002"})
