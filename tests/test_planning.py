"""From files to a plan, and back: what changed in the data, the lock or the plan is noticed and told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.cli.main import main
from automl.errors import AutomlError
from automl.plan import PLAN_FORMAT, Plan
from automl.planning import data_of_plan, load_planned, make_plan, read_plan
from automl.spec.load import LoadedSpec
from automl.value import pretty_json
from tests.support.tables import SPEC, codes, mixed, write_table

SMALL = SPEC + "  ignore: [price, grade]\nsearch: {families: [linear], budget: {trials: 2}}\nvalidation: {folds: 2}\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec and its table."""
    write_table(tmp_path / "tiny.csv", mixed(60))
    path = tmp_path / "tiny.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def changed_in_secret(path: Path) -> None:
    """One digit of the data is another one; size and time of the file are as before."""
    before = path.stat()
    content = path.read_bytes()
    at = content.index(b".", 200) + 1
    path.write_bytes(content[:at] + (b"1" if content[at : at + 1] != b"1" else b"2") + content[at + 1 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_the_plan_of_a_spec(spec: Path) -> None:
    heard: list[LoadedSpec] = []
    planned = make_plan(spec, heard.append)
    assert [one.written.name for one in heard] == ["tiny"]
    assert planned.data == (spec.with_name("tiny.csv"),)
    assert planned.dataset.rows == planned.plan.data_schema.rows == 60
    assert planned.lock.spec == planned.plan.search_digest and planned.lock.data == planned.plan.data_schema.fingerprint
    assert planned.lock.rows == planned.plan.rows.digests


def test_a_change_that_size_and_time_do_not_show_is_another_fingerprint(spec: Path) -> None:
    before = make_plan(spec).plan
    changed_in_secret(spec.with_name("tiny.csv"))
    after = make_plan(spec).plan
    assert before.data_schema.fingerprint != after.data_schema.fingerprint
    assert before.search_digest != after.search_digest
    other = [
        c.name
        for c, d in zip(before.data_schema.columns, after.data_schema.columns, strict=True)
        if c.fingerprint != d.fingerprint
    ]
    assert len(other) == 1


def automl(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and stderr of a command line."""
    code = main([str(argument) for argument in arguments])
    return code, capsys.readouterr().err


def test_a_plan_of_other_data_is_refused(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert automl(capsys, "compile", spec)[0] == 0
    changed_in_secret(spec.with_name("tiny.csv"))
    out = spec.with_name("run")
    code, told = automl(capsys, "train", spec.with_name("plan.json"), "--executor", "inline", "-o", out)
    assert code == 1 and "PLAN005" in told and "'size' differ" in told
    assert not out.exists(), "nothing was begun"


def test_a_lock_beside_the_spec_is_honoured_until_update(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = ("train", spec, "--executor", "inline", "-o", spec.with_name("run"))
    assert automl(capsys, "compile", spec)[0] == 0
    changed_in_secret(spec.with_name("tiny.csv"))
    plan, lock = spec.with_name("plan.json").read_bytes(), spec.with_name("automl.lock").read_bytes()
    for command in (train, ("compile", spec)):
        code, told = automl(capsys, *command)
        assert code == 1 and "LOCK001" in told and "the data changed" in told and "--update" in told
    assert (spec.with_name("plan.json").read_bytes(), spec.with_name("automl.lock").read_bytes()) == (plan, lock)
    assert not spec.with_name("run").exists()
    assert automl(capsys, "compile", spec, "--update")[0] == 0
    assert automl(capsys, "compile", spec)[0] == 0
    code, told = automl(capsys, *train)
    assert code == 0, told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("folds: 2", "folds: 3", "the spec changed"),
        ("folds: 2", "folds: 3", "the rows of holdout or folds changed"),
        ("ignore: [price, grade]", "ignore: [price]", "the spec changed"),
    ],
)
def test_a_spec_that_differs_from_its_lock_is_refused(
    spec: Path, old: str, new: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert automl(capsys, "compile", spec)[0] == 0
    spec.write_text(SMALL.replace(old, new), encoding="utf-8")
    code, told = automl(capsys, "compile", spec)
    assert code == 1 and "LOCK001" in told and words in told


def test_what_changes_no_trial_needs_no_update(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert automl(capsys, "compile", spec)[0] == 0
    spec.write_text(SMALL.replace("trials: 2", "trials: 3") + "package: {version: 7.0.0}\n", encoding="utf-8")
    assert automl(capsys, "compile", spec)[0] == 0


def write_plan(spec: Path, edit: Callable[[str], str] = str) -> Path:
    path = spec.with_name("plan.json")
    path.write_text(edit(pretty_json(make_plan(spec).plan.model_dump(mode="json"))), encoding="utf-8")
    return path


def test_a_plan_with_its_data_is_what_was_planned(spec: Path) -> None:
    planned = make_plan(spec)
    path = write_plan(spec)
    again = load_planned(read_plan(path), data_of_plan(planned.plan, path))
    assert (again.plan, again.lock, again.data) == (planned.plan, planned.lock, planned.data)
    assert all((again.dataset.target == planned.dataset.target).tolist())
    assert list(again.dataset.columns) == list(planned.dataset.columns)


@pytest.mark.parametrize(
    ("code", "edit"),
    [
        ("PLAN002", lambda text: text[:-20]),
        ("PLAN002", lambda text: "[]"),
        ("PLAN002", lambda text: text.replace('"task": "binary"', '"task": "guess"')),
        ("PLAN002", lambda text: text.replace('"floor_s"', '"floor"')),
        ("PLAN003", lambda text: text.replace(f'"format": {PLAN_FORMAT}', '"format": 0')),
    ],
)  # fmt: skip
def test_a_file_that_is_no_plan_is_told(spec: Path, code: str, edit: Callable[[str], str]) -> None:
    path = write_plan(spec, edit)
    with pytest.raises(AutomlError) as raised:
        read_plan(path)
    assert codes(raised.value) == [code] and "plan.json" in str(raised.value)


def test_a_plan_that_is_not_there_or_without_its_data_is_told(spec: Path) -> None:
    with pytest.raises(AutomlError) as raised:
        read_plan(spec.with_name("other.json"))
    assert codes(raised.value) == ["PLAN001"]
    path = write_plan(spec)
    plan = read_plan(path)
    spec.with_name("tiny.csv").unlink()
    with pytest.raises(AutomlError) as raised:
        data_of_plan(plan, path)
    assert codes(raised.value) == ["PLAN004"]


def test_data_of_a_plan_may_lie_in_the_current_folder(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(spec).plan
    monkeypatch.chdir(spec.parent)
    assert data_of_plan(plan, tmp_path / "elsewhere" / "plan.json") == (Path("tiny.csv"),)


def test_a_column_that_is_gone_or_new_is_named(spec: Path) -> None:
    plan = make_plan(spec).plan
    table = mixed(60)
    table["fresh"] = table.pop("count")
    write_table(spec.with_name("tiny.csv"), table)
    with pytest.raises(AutomlError, match=r"'count'.*'fresh'|'fresh'.*'count'") as raised:
        load_planned(plan, (spec.with_name("tiny.csv"),))
    assert codes(raised.value) == ["PLAN005"]


def test_data_that_is_missing_is_told_at_its_line(spec: Path) -> None:
    spec.with_name("tiny.csv").unlink()
    with pytest.raises(AutomlError) as raised:
        make_plan(spec)
    (found,) = raised.value.diagnostics
    assert (found.code, found.line, found.column) == ("DATA001", 4, 9)


def test_columns_of_the_spec_that_are_not_there_are_told_together(spec: Path) -> None:
    spec.write_text(SMALL.replace("[price, grade]", "[prise, grade, cty]"), encoding="utf-8")
    with pytest.raises(AutomlError) as raised:
        make_plan(spec)
    assert [(d.code, d.line, d.column) for d in raised.value.diagnostics] == [("SPEC060", 6, 12), ("SPEC060", 6, 26)]


def test_a_mistake_is_told_by_one_pass_at_a_time(spec: Path) -> None:
    """What a pass finds is told together; passes behind it do not guess on."""
    text = SMALL.replace("target: y", "target: price").replace("[price, grade]", "[y, grade]")
    spec.write_text(text + "metric: roc_auc\n" + "accept: [{metric: log_loss, at_most: 1}]\n", encoding="utf-8")
    with pytest.raises(AutomlError) as raised:
        make_plan(spec)
    assert codes(raised.value) == ["DATA065", "DATA065"]


def test_the_plan_on_disk_is_the_plan(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert automl(capsys, "compile", spec)[0] == 0
    written = spec.with_name("plan.json").read_bytes()
    assert Plan.model_validate_json(written) == make_plan(spec).plan
