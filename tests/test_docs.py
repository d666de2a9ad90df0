"""The reference is what the registries say; the guide's commands work as they are written."""

from __future__ import annotations

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
