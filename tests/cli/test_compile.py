from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from automl.lock import read_locks
from automl.params import Float
from automl.plan import Plan
from automl.report.drawing import DRAWINGS
from automl.value import pretty_json
from tests.cli.fakes import fake_planning, run
from tests.report.sample import LOCK, column, constant, linear, plan, spec


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_planning(monkeypatch)
    return tmp_path / "tiny.yaml"


def test_shows_everything_and_writes_plan_and_lock(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "compile", place)
    assert ran.code == 0
    for text in ("binary task", "12 distinct texts", "the task is binary", "numbers(2) -> one_hot(1)", "0.25 s",
                 "3.0 MiB", "31 at most: 10 trials x 3 folds", "4.0 s is the shortest"):  # fmt: skip
        assert text in ran.out, text
    assert ran.err == "warning[DATA011] the column 'b' is almost constant\n    leave it out?\n"
    written = place.with_name("plan.json").read_text()
    assert written == pretty_json(plan().model_dump(mode="json")) and Plan.model_validate_json(written) == plan()
    assert read_locks(place.with_name("automl.lock")) == {"tiny": LOCK}
    assert sorted(path.name for path in place.parent.iterdir()) == ["automl.lock", "plan.json"]


def test_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "compile", place, "--format", "json", "-o", place.with_name("p.json"))
    found = ran.json
    assert ran.code == 0 and ran.err == "" and found["ok"] is True
    assert found["plan"] == str(place.with_name("p.json")) and found["lock"] == str(place.with_name("automl.lock"))
    assert found["columns"][2] == {
        "name": "c", "kind": "categorical", "role": "feature", "reason": "12 distinct texts", "missing": 0,
        "distinct": 9,
    }  # fmt: skip
    assert found["candidates"][1]["cpu_s_per_fit"] == 0.25 and found["work"]["fits"] == 31 and found["floor_s"] == 4.0
    assert [d["code"] for d in found["diagnostics"]] == ["DATA011"]


def test_quiet_and_verbose(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "compile", place, "-q").err == ""
    assert "log scale" not in run(capsys, "compile", place).out
    assert "0.01 to 100, log scale (1)" in run(capsys, "compile", place, "-v").out


@pytest.mark.parametrize("suffix", DRAWINGS)
def test_graph(suffix: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = place.with_name(f"g{suffix}")
    ran = run(capsys, "compile", place, "--graph", picture, "--format", "json")
    assert ran.json["graph"] == str(picture) and "logistic" in picture.read_text()
    if suffix == ".svg":
        ElementTree.fromstring(picture.read_text())


def test_a_changed_lock_is_refused_until_update(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "compile", place).code == 0
    before = place.with_name("plan.json").read_bytes()
    fake_planning(monkeypatch, plan(), LOCK.model_copy(update={"data": "sha256:other"}))
    ran = run(capsys, "compile", place)
    assert ran.code == 1 and "LOCK001" in ran.err and place.with_name("plan.json").read_bytes() == before
    assert run(capsys, "compile", place, "--update").code == 0
    assert read_locks(place.with_name("automl.lock"))["tiny"].data == "sha256:other"


def test_specs_in_one_folder_share_a_lock_file(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "compile", place)
    fake_planning(monkeypatch, plan().model_copy(update={"spec": spec("other")}))
    assert run(capsys, "compile", place, "-o", place.with_name("other.json")).code == 0
    assert set(read_locks(place.with_name("automl.lock"))) == {"tiny", "other"}


def test_update_replaces_an_unreadable_lock(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.with_name("automl.lock").write_text("{")
    assert run(capsys, "compile", place).code == 1
    assert run(capsys, "compile", place, "--update").code == 0


def test_diff_alone_compares_and_writes_nothing(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "compile", place)
    old = place.with_name("plan.json").rename(place.with_name("old.json"))
    narrow = {**linear().space, "model.C": Float(low=0.1, high=10.0, default=1.0, log=True)}
    columns = (*plan().data_schema.columns, column("new"))
    changed = {
        "candidates": (constant(), linear().model_copy(update={"space": narrow})),
        "data_schema": plan().data_schema.model_copy(update={"columns": columns}),
    }
    fake_planning(monkeypatch, plan().model_copy(update=changed))
    ran = run(capsys, "compile", place, "--diff", old)
    assert ran.code == 0 and "+ new" in ran.out and "~ linear space model.C:" in ran.out
    assert "same fits and scores:  constant, linear" in ran.out
    assert not place.with_name("plan.json").exists()
    found = run(capsys, "compile", place, "--diff", old, "--format", "json").json
    assert found["diff"]["still_valid"] == {"resumable": False, "candidates": ["constant", "linear"], "outdated": []}
    assert run(capsys, "compile", place, "--diff", old, "-o", old, "--format", "json").json["diff"]["changes"]
    assert Plan.model_validate_json(old.read_text()).data_schema.columns[-1].name == "new"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 99}', "\x00"])
def test_a_wrong_old_plan_is_the_users_mistake(content: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = place.with_name("old.json")
    old.write_text(content)
    assert run(capsys, "compile", place, "--diff", old).code == 1
    assert run(capsys, "compile", place, "--diff", old.with_name("absent.json")).code == 1


def test_another_format_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = place.with_name("old.json")
    old.write_text(json.dumps({**plan().model_dump(mode="json"), "format": 2}))
    assert "format 2" in run(capsys, "compile", place, "--diff", old).err


def test_places_that_cannot_be_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "compile", place, "-o", place.parent).code == 1
    assert run(capsys, "compile", place, "-o", place.with_name("automl.lock")).code == 1
    ran = run(capsys, "compile", place, "--graph", place.with_name("plan.json"))
    assert ran.code == 1 and "the plan is there" in ran.err
    place.with_name("file").write_text("")
    ran = run(capsys, "compile", place, "-o", place.with_name("file") / "plan.json")
    assert ran.code == 1 and "Traceback" not in ran.err
