from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl import __version__
from automl.cli.main import COMMANDS, main
from automl.cli.parser import wants_json
from automl.cli.reply import printable
from automl.driver.options import TrainOptions
from tests.cli.fakes import RAISED, RESULT, fake_train, raiser
from tests.cli.support import run

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
FIELDS = {"severity", "code", "message", "file", "line", "column", "hint"}


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=ENVIRONMENT, check=False, **options
    )  # type: ignore[call-overload]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["compile", "--help"], ["train", "--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from automl.cli.main import main; code = main(sys.argv[1:]); "
        "heavy = {'pydantic', 'numpy', 'yaml', 'pyarrow', 'ray', 'sklearn', 'lightgbm', 'optuna', 'pandas', 'tqdm'}; "
        "found = heavy & set(sys.modules); sys.exit(code or (repr(found) if found else 0))"
    )
    done = python("-c", program, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_python_m_automl_and_version_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert python("-m", "automl", "--version").stdout == f"automl {__version__}\n"
    for name in COMMANDS:
        assert run(capsys, name, "--version").out == f"automl {__version__}\n"
        assert f"automl {name}" in run(capsys, name, "--help").out
        assert run(capsys, name, "--version", "--format", "json").json["ok"] is True


@pytest.mark.parametrize(
    "line",
    ["", "frob", "train", "train a b c", "train a --trials 0", "train a --time 5", "train a --time 0s",
     "compile --nope", "train a --resume --overwrite", "compile a --graph a.png", "train a --time nans",
     "train a --executor dask",     "predict p d", "--frob", "train a --trials ²"],
)  # fmt: skip
def test_wrong_usage_is_2_in_both_formats(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, *line.split())
    assert (told.code, told.out) == (2, "") and "usage: automl" in told.err and "Traceback" not in told.err
    for form in (["--format", "json"], ["--format=json"]):
        ran = run(capsys, *line.split(), *form)
        assert ran.code == 2 and ran.err == "" and ran.json["ok"] is False
        assert all(set(found) == FIELDS for found in ran.json["diagnostics"])


def test_a_wrong_format_is_told_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "schema", "--format", "xml").code == 2


@pytest.mark.parametrize("name", RAISED)
def test_exceptions_become_exit_codes(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    raised, code = RAISED[name]
    fake_train(monkeypatch, raiser(raised))
    told = run(capsys, "train", "s.yaml")
    assert (told.code, told.out) == (code, "")
    assert told.err.strip() and "Traceback" not in told.err
    ran = run(capsys, "train", "s.yaml", "--format", "json")
    assert ran.code == code and ran.json["ok"] is False and ran.err == ""
    assert all(set(found) == FIELDS for found in ran.json["diagnostics"])
    if name == "disk full":
        assert "runs/x: No space left on device" in told.err and "make room" in told.err
    if name == "mistakes":
        assert [found["code"] for found in ran.json["diagnostics"]] == ["SPEC020", "SPEC014"]
        assert "s.yaml:7:3: error[SPEC014] unknown key 'ignor' under data" in told.err


def test_a_bug_leaves_a_log_with_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fake_train(monkeypatch, raiser(ZeroDivisionError("oh")))
    told = run(capsys, "train", "s.yaml")
    place = re.search(r"details are in (\S+)", told.err)
    assert place and "ZeroDivisionError: oh" in Path(place[1]).read_text()
    assert Path(place[1]).parent == tmp_path


def test_ctrl_c_is_no_traceback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fake_train(monkeypatch, raiser(KeyboardInterrupt()))
    assert run(capsys, "train", "s.yaml").err.splitlines() == [
        "error[CLI130] interrupted; what had finished is kept",
        "    --resume continues it",
    ]


def test_a_result_with_a_nan_is_a_bug_not_wrong_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fake_train(monkeypatch, lambda options, watch: {**RESULT, "wall_s": float("nan")})
    ran = run(capsys, "train", "s.yaml", "--format", "json")
    assert ran.code == 3 and ran.json["diagnostics"][0]["code"] == "CLI999"


def test_train_passes_its_options_on_and_prints_the_result(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[TrainOptions] = []

    def act(options: TrainOptions, watch: object) -> object:
        seen.append(options)
        print("noise of a library")
        return RESULT

    fake_train(monkeypatch, act)
    line = "train s.yaml -o out --executor ray --workers 4 --address a --trials 9 --time 1.5m --resume"
    ran = run(capsys, *line.split(), "--format", "json")
    assert ran.json == RESULT and "noise" in ran.err
    assert seen[0].began is not None, "a time budget counts from here"
    seen[0] = replace(seen[0], began=None)
    assert seen == [TrainOptions(Path("s.yaml"), Path("out"), "ray", 4, "a", 9, 90.0, True, False)]
    text = run(capsys, "--quiet", "train", "s.yaml").out
    assert "0.9" in text and "runs/tiny/package" in text and "3 ok, 1 failed" in text
    assert replace(seen[1], began=None) == TrainOptions(Path("s.yaml"))


# automl.training itself is replaced, for importing the real one takes a second in each new process.
NOISY = """
import ctypes, sys, types
import automl.cli.main as main
train = types.ModuleType("automl.training")
def run(options, watch):
    print("python noise"); ctypes.CDLL(None).puts(b"C noise"); ctypes.CDLL(None).fflush(None)
    return {result!r}
train.train = run
sys.modules["automl.training"] = train
sys.exit(main.main(["train", "x", "--format", "json"]))
"""


def test_libraries_cannot_write_into_the_json() -> None:
    done = python("-c", NOISY.replace("{result!r}", repr(RESULT)))
    assert done.returncode == 0 and json.loads(done.stdout) == RESULT
    assert "C noise" in done.stderr and "python noise" in done.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "automl", "--help"],
            stdout=write,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            check=False,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_narrow_encoding_is_no_error() -> None:
    program = "from automl.cli.main import main; import sys; sys.exit(main(['tr\\u00e4in']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 2 and b"tr\\xe4in" in done.stderr


def test_schema_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "schema").json == run(capsys, "schema", "--format", "json").json
    assert run(capsys, "schema").json["type"] == "object"


def test_which_command_lines_want_json() -> None:
    assert wants_json(["--format", "json"]) and wants_json(["a", "--format=json", "-q"])
    assert not wants_json(["--format=json", "--format", "text"]) and not wants_json(["--", "--format", "json"])
    assert not wants_json(["--format", "xml"]) and not wants_json(["json"])


@given(st.text())
def test_printable_text_cannot_steer_the_terminal(text: str) -> None:
    assert all(c.isprintable() or c == "\n" for c in printable(text))


@given(
    st.lists(st.sampled_from(["--format", "json", "text", "--format=json", "--format=text", "a", "--", "-q", "status"]))
)
def test_whatever_is_typed_never_raises_and_json_is_one_object(arguments: list[str]) -> None:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert main(arguments) in (0, 1, 2)
    if wants_json(arguments):
        assert json.loads(out.getvalue())["ok"] is False
