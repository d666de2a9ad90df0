"""A package is written whole or not at all, with equal bytes for equal requests, whatever the names in the data."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import automl
from automl.emit import write
from automl.emit.assemble import package_files
from automl.emit.render import check_python, render_target
from automl.emit.write import emit_package
from automl.errors import AutomlError
from tests.emit import support
from tests.emit.test_text import TEXTS

ROOT = Path(automl.__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def made() -> Any:
    return support.request(support.linear_graph("binary"))


def test_the_manifest_lists_every_other_file_and_its_hash_is_the_digest(made: Any, tmp_path: Path) -> None:
    emitted = emit_package(made, tmp_path / "package")
    present = sorted(path.relative_to(emitted.path).as_posix() for path in emitted.path.rglob("*") if path.is_file())
    assert present == list(emitted.files)
    raw = (emitted.path / "manifest.json").read_bytes()
    assert emitted.digest == "sha256:" + hashlib.sha256(raw).hexdigest()
    listed = json.loads(raw)["files"]
    assert sorted([*listed, "manifest.json"]) == present
    for path, entry in listed.items():
        content = (emitted.path / path).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def test_the_contract_s_files_are_there(made: Any) -> None:
    files, warnings = package_files(made)
    top = {path for path in files if "/" not in path}
    assert top == {
        *("README.md", "pyproject.toml", "requirements.lock", "requirements-refit.lock", "requirements-server.lock"),
        *("Dockerfile", ".dockerignore"),
        *("compose.yaml", "automl.lock", "plan.json", "decisions.json", "winner.json", "manifest.json"),
    }
    modules = {"__init__", "__main__", "schema", "pipeline", "model", "train", "server"}
    assert {f"src/telco_churn/{name}.py" for name in modules} <= set(files)
    assert not any(path.endswith((".pkl", ".joblib", ".pickle")) for path in files)
    assert all(warning.severity == "warning" for warning in warnings)
    python_only, _ = package_files(support.with_package(made, targets=("python",)))
    assert set(files) - set(python_only) == {"Dockerfile", ".dockerignore", "compose.yaml"}


def test_copies_are_verbatim_and_only_those_that_are_used(made: Any) -> None:
    files, _ = package_files(made)
    copies = {
        Path(path).stem: content for path, content in files.items() if "/scoring/" in path and "__init__" not in path
    }
    for name, content in copies.items():
        assert content == (ROOT / "automl" / "runtime" / f"{name}.py").read_bytes()
    assert {"impute", "splits", "values"} <= set(copies)
    assert not {"boosters", "lightgbm", "ridge"} & set(copies)
    constant, _ = package_files(support.request(support.constant_graph()))
    assert not any("splits" in path for path in constant)
    for path, content in files.items():
        if "/fitting/" in path:
            assert b"automl.runtime" not in content.replace(b"`automl.runtime`", b"").partition(b'"""\n')[2]
            imported = [node.module for node in ast.walk(ast.parse(content)) if isinstance(node, ast.ImportFrom)]
            assert not any(str(module).startswith("automl") for module in imported)


SCRIPT = """
import sys
from pathlib import Path
from automl.emit.write import emit_package
from tests.emit import support
print(emit_package(support.request(support.linear_graph("binary")), Path(sys.argv[1])).digest)
"""


def test_equal_requests_give_equal_bytes_in_any_process(made: Any, tmp_path: Path) -> None:
    here = emit_package(made, tmp_path / "here").digest
    world = {
        **os.environ,
        "PYTHONHASHSEED": "4711",
        "LC_ALL": "C",
        "PYTHONPATH": str(ROOT),
        "TZ": "Asia/Tokyo",
        "COLUMNS": "20",
    }
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "there")]
    done = subprocess.run(command, env=world, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here


def test_nothing_of_this_machine_gets_into_a_file(made: Any) -> None:
    files, _ = package_files(made)
    for path, content in files.items():
        for known in (b"http://127.0.0.1:", b"http://{shown}:", b"https://json-schema.org/draft/2020-12/schema"):
            content = content.replace(known, b"")
        for part in (str(ROOT), str(Path.home()), "https://", "http://"):
            assert part.encode() not in content, (path, part)


def test_an_existing_package_is_replaced_only_on_demand(made: Any, tmp_path: Path) -> None:
    out = tmp_path / "package"
    first = emit_package(made, out)
    with pytest.raises(AutomlError) as caught:
        emit_package(made, out)
    assert [found.code for found in caught.value.diagnostics] == ["EMIT001"]
    (out / "more").write_text("old", encoding="utf-8")
    assert emit_package(made, out, replace=True).digest == first.digest
    assert not (out / "more").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


def test_what_is_no_package_is_never_replaced(made: Any, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "holiday")
    for name in ("holiday", "link", "holiday/photo"):
        with pytest.raises(AutomlError, match="EMIT001"):
            emit_package(made, tmp_path / name, replace=True)
    assert (tmp_path / "holiday" / "photo").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("existing", [False, True])
def test_a_failure_leaves_what_was_there(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool
) -> None:
    out = tmp_path / "package"
    if existing:
        emit_package(made, out)
    before = sorted(path for path in tmp_path.rglob("*"))
    rename = Path.rename

    def break_last(self: Path, target: Path) -> Path:
        if Path(target) == out and self.name == "new":
            raise OSError("no space left on device")
        return rename(self, target)

    monkeypatch.setattr(write.Path, "rename", break_last)
    with pytest.raises(OSError, match="no space"):
        emit_package(made, out, replace=True)
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_template_that_makes_bad_python_is_a_bug_that_shows() -> None:
    with pytest.raises(SyntaxError):
        check_python("x.py", "def f(:\n")
    with pytest.raises(Exception, match="undefined"):
        render_target("python", "x", {})


@given(
    names=st.lists(TEXTS.filter(bool), min_size=3, max_size=3, unique_by=lambda t: t.strip()),
    labels=st.lists(TEXTS, min_size=2, max_size=2),
)
@settings(deadline=None, max_examples=12, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_hostile_names_and_labels_are_harmless_everywhere(names: list[str], labels: list[str]) -> None:
    files, _ = package_files(hostile(names, labels))
    scope: dict[str, Any] = {"__name__": "schema"}
    sys.modules["schema"] = type(sys)("schema")
    try:
        exec(compile(files["src/telco_churn/schema.py"], "schema.py", "exec"), scope)
    finally:
        del sys.modules["schema"]
    assert scope["FIELDS"][0].name == names[0]
    assert (scope["TARGET"], scope["IDS"], scope["CLASSES"]) == (names[1], (names[2],), tuple(labels))
    tomllib.loads(files["pyproject.toml"].decode())
    assert set(yaml.safe_load(files["compose.yaml"])["services"]) == {"predict", "refit", "serve"}
    plain = plain_files()
    assert files["Dockerfile"] == plain["Dockerfile"]
    assert json.loads(files["plan.json"])["classes"] == labels
    assert len(files["README.md"].decode().splitlines()) == len(plain["README.md"].decode().splitlines())


def hostile(names: list[str], labels: list[str]) -> Any:
    """The constant model over a column, a target, an id and two labels of these names."""
    sources = support.table()
    renamed = (replace(sources[0], name=names[2]), replace(sources[1], name=names[0]))
    graph = support.Graph(nodes=(support.Node(id="constant", op="constant", inputs=("source",), columns=(names[0],)),))
    base = plainly()
    infos = (*(source.info for source in renamed), replace(support.target("binary"), name=names[1]).info)
    schema = base.plan.data_schema.model_copy(
        update={
            "columns": infos,
            "classes": tuple(
                c.model_copy(update={"label": x}) for c, x in zip(base.plan.data_schema.classes, labels, strict=True)
            ),
        }
    )
    data = base.plan.spec.data.model_copy(update={"target": names[1], "id": (names[2],)})
    spec = base.plan.spec.model_copy(update={"data": data})
    plan = base.plan.model_copy(update={"data_schema": schema, "spec": spec, "classes": tuple(labels)})
    return replace(base, plan=plan, graph=graph)


@cache
def plain_files() -> dict[str, bytes]:
    """The package with ordinary names."""
    return dict(package_files(plainly())[0])


def plainly() -> Any:
    """The same with ordinary names."""
    return support.request(support.constant_graph(), sources=support.table()[:2])


def test_the_delimiter_of_the_spec_is_tried_on_files_too(made: Any) -> None:
    form = made.plan.spec.data.format.model_copy(update={"delimiter": "~"})
    data = made.plan.spec.data.model_copy(update={"format": form})
    plan = made.plan.model_copy(update={"spec": made.plan.spec.model_copy(update={"data": data})})
    layout = package_files(replace(made, plan=plan))[0]["src/telco_churn/layout.py"].decode()
    assert 'DELIMITERS = (",", ";", "\\t", "|", "~")' in layout
