"""What a user must change, all at once, with stable codes; and what they are only told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automl.emit import render, requirements
from automl.emit.assemble import package_files
from automl.emit.codes import CODES
from automl.emit.requirements import Pin, at_least, hash_table, lock_text, pins
from automl.emit.write import emit_package
from automl.errors import AutomlError
from tests.emit import support


def constant(**spec_changes: Any) -> Any:
    made = support.request(support.constant_graph())
    spec = made.plan.spec.model_copy(update=spec_changes)
    return replace(made, plan=made.plan.model_copy(update={"spec": spec}))


def codes(request: Any, out: Path) -> list[str]:
    with pytest.raises(AutomlError) as caught:
        emit_package(request, out)
    assert not out.exists()
    assert all(found.hint for found in caught.value.diagnostics)
    return [found.code for found in caught.value.diagnostics]


@pytest.mark.parametrize(
    "name",
    ["numpy", "json", "test", "lightgbm", "Tests", "class", "1a", "a b", "a.b", "../x", "ä", "_x", "sys", "match"],
)
def test_a_name_that_cannot_be_a_package_is_refused(name: str, tmp_path: Path) -> None:
    assert codes(constant(name=name), tmp_path / "out") == ["EMIT002"]


@pytest.mark.parametrize("name", ["telco-churn", "Model_2", "jsonish", "testing-it"])
def test_ordinary_names_are_accepted(name: str, tmp_path: Path) -> None:
    emitted = emit_package(constant(name=name), tmp_path / "out")
    assert f"src/{name.replace('-', '_')}/model.py" in emitted.files


def test_columns_of_predictions_that_collide_are_refused(tmp_path: Path) -> None:
    made = constant()
    for ids, classes in (
        (("prediction",), ("a", "b")),
        (("probability_b",), ("a", "b")),
        ((), ("a", " a")),
        ((), ("a b", "a  b")),
    ):
        data = made.plan.spec.data.model_copy(update={"id": ids})
        spec = made.plan.spec.model_copy(update={"data": data})
        plan = made.plan.model_copy(update={"spec": spec, "classes": classes})
        assert codes(replace(made, plan=plan), tmp_path / "out") == ["EMIT003"]


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    package = constant().plan.spec.package.model_copy(update={"version": "1.0\nRUN x", "base_image": "a b"})
    assert sorted(codes(constant(name="json", package=package), tmp_path / "out")) == ["EMIT002", "EMIT004", "EMIT005"]


@pytest.mark.parametrize(
    "image", ["python:3.11-slim", "localhost/python:3.11-slim", "python:3.11-slim@sha256:" + "0" * 64]
)
def test_images_with_tags_and_digests_are_accepted(image: str) -> None:
    files, _ = package_files(support.with_package(constant(), base_image=image))
    assert f"ARG BASE_IMAGE={image}\n" in files["Dockerfile"].decode()


def test_a_lock_has_every_hash_or_says_that_it_has_none() -> None:
    known = Pin("numpy", "2.0.0", ("sha256:aa", "sha256:bb"))
    text = lock_text((known,), "requirements.lock", "Purpose.")
    assert "numpy==2.0.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n" in text
    assert "--require-hashes --no-deps" in text
    mixed = lock_text((known, Pin("lightgbm", "9.9", ())), "requirements.lock", "Purpose.")
    assert "--hash" not in mixed
    assert "--require-hashes" not in mixed
    assert "Not hashed: automl's table does not know lightgbm==9.9." in mixed
    assert at_least(known) == "numpy>=2.0,<3"


def test_versions_that_the_table_does_not_know_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "version", lambda name: "0.0.1")
    files, warnings = package_files(constant())
    assert [(found.severity, found.code) for found in warnings] == [("warning", "EMIT006")]
    assert "numpy==0.0.1" in warnings[0].message
    assert "numpy==0.0.1\n" in files["requirements.lock"].decode()
    assert "--require-hashes" not in files["Dockerfile"].decode()


def test_the_table_knows_what_it_says_others_require() -> None:
    table = hash_table()
    for releases in table.values():
        for entry in releases.values():
            assert all(value.startswith("sha256:") and len(value) == 71 for value in entry["hashes"])
            assert set(entry["requires"]) <= set(table)
    assert [pin.name for pin in pins(["scikit-learn"], table, closure=False)] == ["scikit-learn"]
    assert {"scipy", "numpy", "joblib"} <= {pin.name for pin in pins(["scikit-learn"], table, closure=True)}


def test_every_code_is_listed() -> None:
    folder = Path(requirements.__file__).parent
    used = {
        code
        for path in folder.glob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r"EMIT\d{3}", path.read_text("utf-8"))
    }
    assert used == set(CODES)


def test_templates_are_found_in_a_checkout_and_in_an_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (render.template_root() / "python" / "README.md.jinja").is_file()
    monkeypatch.setattr(render, "__file__", str(tmp_path / "automl" / "emit" / "render.py"))
    with pytest.raises(FileNotFoundError):
        render.template_root()
    for folder in (tmp_path / "templates", tmp_path / "automl" / "templates"):  # beside it, then inside it, which wins
        folder.mkdir(parents=True)
        assert render.template_root() == folder
