from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from automl.lock import read_locks
from automl.plan import PLAN_FORMAT, Plan
from automl.report.drawing import DRAWINGS
from automl.value import pretty_json
from tests.cli.support import change, run, write_tiny


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


def test_shows_everything_and_writes_plan_and_lock(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "compile", place)
    assert ran.code == 0
    for text in ("tiny: binary task (no, yes), 40 rows, 4 columns, metric roc_auc", "the target has 2 distinct values",
                 "numbers(2) -> scale -> one_hot(1) -> join -> logistic", "2 trials x 2 fits",
                 "to start, fit the baseline and write a package"):  # fmt: skip
        assert text in ran.out, text
    assert ran.err.startswith("warning[DATA033] ") and ran.err.count("\n") == 1
    text = place.with_name("plan.json").read_text()
    plan = Plan.model_validate_json(text)
    assert text == pretty_json(plan.model_dump(mode="json"))
    assert [candidate.id for candidate in plan.candidates] == ["constant", "linear"]
    assert read_locks(place.with_name("automl.lock"))["tiny"].spec == plan.search_digest
    assert sorted(path.name for path in place.parent.iterdir()) == ["automl.lock", "plan.json", "t.csv", "tiny.yaml"]


def test_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "compile", place, "--format", "json", "-o", place.with_name("p.json"))
    found = ran.json
    assert ran.code == 0 and ran.err == "" and found["ok"] is True
    assert found["plan"] == str(place.with_name("p.json")) and found["lock"] == str(place.with_name("automl.lock"))
    assert found["columns"][2] == {
        "name": "c", "kind": "categorical", "role": "feature", "reason": None, "missing": 0, "distinct": 3,
    }  # fmt: skip
    assert found["candidates"][1]["cpu_s_per_fit"] > 0 and found["floor_s"]["ray"] > found["floor_s"]["local"] > 0
    assert found["work"]["fits"] == 2 * 2 + 3  # the winner on all rows; winner and baseline for the holdout
    assert [d["code"] for d in found["diagnostics"]] == ["DATA033"]


def test_quiet_and_verbose(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "compile", place, "-q").err == ""
    assert "log scale" not in run(capsys, "compile", place).out
    assert "0.0001 to 100, log scale (1)" in run(capsys, "compile", place, "-v").out


@pytest.mark.parametrize("suffix", DRAWINGS)
def test_graph(suffix: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = place.with_name(f"g{suffix}")
    ran = run(capsys, "compile", place, "--graph", picture, "--format", "json")
    assert ran.json["graph"] == str(picture) and "logistic" in picture.read_text()
    if suffix == ".svg":
        ElementTree.fromstring(picture.read_text())


def test_a_changed_lock_is_refused_until_update(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "compile", place).code == 0
    before = place.with_name("plan.json").read_bytes()
    locked = read_locks(place.with_name("automl.lock"))["tiny"]
    change(place.with_name("t.csv"), "6.5,3.5,p", "6.5,4.5,p")
    for command in (["compile", place], ["train", place, "-o", place.with_name("run")]):
        ran = run(capsys, *command)
        assert ran.code == 1 and "LOCK001" in ran.err and "the data changed" in ran.err
    assert place.with_name("plan.json").read_bytes() == before and not place.with_name("run").exists()
    assert run(capsys, "compile", place, "--update").code == 0
    assert read_locks(place.with_name("automl.lock"))["tiny"].data != locked.data


def test_spec_and_plan_are_held_to_the_lock_beside_them(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "compile", place)
    lock, out = place.with_name("automl.lock"), place.with_name("run")
    lock.write_text(re.sub(r'"numpy": "[^"]*"', '"numpy": "0.1"', lock.read_text()))
    for source in (place, place.with_name("plan.json")):
        ran = run(capsys, "train", source, "-o", out, "--executor", "inline")
        assert ran.code == 1 and "LOCK001" in ran.err and "the lock says 0.1" in ran.err
    assert not out.exists()


def test_specs_in_one_folder_share_a_lock_file(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "compile", place)
    change(place, "name: tiny", "name: other")
    assert run(capsys, "compile", place, "-o", place.with_name("other.json")).code == 0
    assert set(read_locks(place.with_name("automl.lock"))) == {"tiny", "other"}


def test_update_replaces_an_unreadable_lock(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.with_name("automl.lock").write_text("{")
    assert run(capsys, "compile", place).code == 1
    assert run(capsys, "compile", place, "--update").code == 0


def test_diff_alone_compares_and_writes_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "compile", place)
    old = place.with_name("plan.json").rename(place.with_name("old.json"))
    change(place, "families: [linear]", "families: [linear], space: {linear: {C: {low: 0.1, high: 10}}}")
    ran = run(capsys, "compile", place, "--diff", old)
    assert ran.code == 0 and "~ linear space logistic.C:" in ran.out
    assert "same fits and scores:  constant, linear" in ran.out
    assert not place.with_name("plan.json").exists()
    found = run(capsys, "compile", place, "--diff", old, "--format", "json").json
    assert found["diff"]["still_valid"] == {"resumable": False, "candidates": ["constant", "linear"], "outdated": []}
    over = ("-o", old, "--update", "--format", "json")
    assert run(capsys, "compile", place, "--diff", old, *over).json["diff"]["changes"]
    assert run(capsys, "compile", place, "--diff", old, "--format", "json").json["diff"]["changes"] == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 99}', "\x00"])
def test_a_wrong_old_plan_is_the_users_mistake(content: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = place.with_name("old.json")
    old.write_text(content)
    assert "PLAN002" in run(capsys, "compile", place, "--diff", old).err
    ran = run(capsys, "compile", place, "--diff", old.with_name("absent.json"))
    assert ran.code == 1 and "PLAN001" in ran.err


def test_another_format_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "compile", place)
    plan = place.with_name("plan.json")
    plan.write_text(json.dumps({**json.loads(plan.read_text()), "format": PLAN_FORMAT + 1}))
    assert f"format {PLAN_FORMAT + 1}" in run(capsys, "compile", place, "--diff", plan).err


def test_places_that_cannot_be_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "compile", place, "-o", place.parent).code == 1
    assert run(capsys, "compile", place, "-o", place.with_name("automl.lock")).code == 1
    ran = run(capsys, "compile", place, "--graph", place.with_name("plan.json"))
    assert ran.code == 1 and "the plan is there" in ran.err
    place.with_name("file").write_text("")
    ran = run(capsys, "compile", place, "-o", place.with_name("file") / "plan.json")
    assert ran.code == 1 and "Traceback" not in ran.err
