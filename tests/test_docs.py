"""The reference is what the registries say; the guide's commands work as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from automl.spec.written import WrittenSpec
from docs import build

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("page", build.pages(), ids=lambda path: path.name)
def test_the_reference_is_up_to_date(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == build.pages()[page], "run: python -m docs.build"


def test_defaults_are_of_keys_that_exist() -> None:
    paths = {path: needed for path, _, needed, _ in build.keys(WrittenSpec, "")}
    assert [path for path in build.DEFAULTS if paths.get(path, True)] == []
    assert {"data.columns.NAME.kind", "accept[].under.noise", "search.space.NAME.NAME.low"} <= set(paths)


def test_every_key_has_a_meaning_and_a_type() -> None:
    for path, kind, _, words in build.keys(WrittenSpec, ""):
        assert words and kind != "value", path


ENDS = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"  # the server, which would keep the pipes open


@pytest.mark.slow
def test_the_guide_works_as_written(tmp_path: Path) -> None:
    """Its blocks, in their order, as one script in a folder that holds the specs alone."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "guide.md").read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) > 8
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    world = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", ENDS + "".join(blocks)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        env=world,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    answers = [line for line in done.stdout.splitlines() if "model_rows_predicted_total 5" in line]
    assert len(answers) == 1, done.stdout  # two rows of the request, three of the csv
