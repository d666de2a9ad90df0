"""The ledger: chained, torn lines dropped, changed lines refused, one driver at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.errors import AutomlError
from automl.search.ledger import LEDGER_FORMAT, Ledger, ledger_exists, read_ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def write(path: Path, count: int = 3) -> bytes:
    ledger = Ledger.create(path, {"search": "sha256:a"})
    for number in range(count):
        ledger.note("asked", {"trial": number, "params": {"x": 0.1, "name": "ü"}})
    ledger.close()
    return path.read_bytes()


def test_what_is_written_is_read(path: Path) -> None:
    write(path)
    view = read_ledger(path)
    assert view.header == {"event": "header", "format": LEDGER_FORMAT, "search": "sha256:a"}
    assert [event["trial"] for event in view.events] == [0, 1, 2]
    assert view.events[0]["params"] == {"x": 0.1, "name": "ü"}


def test_resuming_goes_on_with_the_chain(path: Path) -> None:
    write(path)
    again = Ledger.open(path, "sha256:a")
    again.note("settled", {"trial": 0})
    again.close()
    again.close()
    assert [event["event"] for event in read_ledger(path).events] == ["asked"] * 3 + ["settled"]


def test_numbers_that_json_has_not(path: Path) -> None:
    ledger = Ledger.create(path, {"search": "s"})
    ledger.note("finished", {"score": float("nan"), "path": [(1, float("inf"))]})
    ledger.close()
    event = read_ledger(path).events[0]
    assert (event["score"], event["path"]) == ("nan", [[1, "inf"]])
    for line in path.read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(name))


@given(cut=st.integers(1, 200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_torn_last_line_is_dropped(path: Path, cut: int) -> None:
    path.unlink(missing_ok=True)
    content = write(path)
    last = content[:-1].rpartition(b"\n")[2] + b"\n"
    cut = min(cut, len(last) - 1)
    path.write_bytes(content[:-cut])
    assert read_ledger(path).torn == len(last) - cut
    Ledger.open(path).close()
    assert path.read_bytes() == content[: -len(last)]
    ledger = Ledger.open(path)
    assert len(list(ledger.events())) == 2
    ledger.note("asked", {"trial": 2, "params": {"x": 0.1, "name": "ü"}})
    ledger.close()
    assert path.read_bytes() == content


@given(place=st.integers(0), bit=st.integers(0, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_found_and_its_line_named(path: Path, place: int, bit: int) -> None:
    path.unlink(missing_ok=True)
    content = bytearray(write(path))
    place %= len(content) - 1  # without the last newline, a torn line is all there is
    content[place] ^= 1 << bit
    path.write_bytes(content)
    number = bytes(content[:place]).count(b"\n") + 1
    with pytest.raises(AutomlError, match=rf"LED003.*line {number} ") as caught:
        Ledger.open(path)
    assert caught.value.diagnostics[0].code == "LED003"


def test_a_line_taken_out_is_found(path: Path) -> None:
    lines = write(path).splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[2], lines[3]]))
    with pytest.raises(AutomlError, match="line 2 "):
        read_ledger(path)


def test_another_plan_is_refused(path: Path) -> None:
    write(path)
    with pytest.raises(AutomlError, match="LED004"):
        Ledger.open(path, "sha256:b")
    Ledger.open(path, "sha256:a").close()


def test_a_second_driver_is_refused(path: Path) -> None:
    first = Ledger.create(path, {"search": "s"})
    with pytest.raises(AutomlError, match="LED002"):
        Ledger.open(path)
    assert len(read_ledger(path).events) == 0, "reading is always allowed"
    first.close()
    Ledger.open(path).close()


def test_creating_over_a_ledger_is_refused_but_not_over_a_torn_header(path: Path) -> None:
    content = write(path)
    with pytest.raises(AutomlError, match="LED001"):
        Ledger.create(path, {"search": "s"})
    assert path.read_bytes() == content
    path.write_bytes(content[:20])
    assert not ledger_exists(path)
    with pytest.raises(AutomlError, match="LED003"):
        Ledger.open(path)
    assert write(path) == content
    assert ledger_exists(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AutomlError, match="LED005"):
        Ledger.create(tmp_path / "no" / "ledger.jsonl", {"search": "s"})
    with pytest.raises(AutomlError, match="LED005"):
        read_ledger(tmp_path / "no.jsonl")


def test_an_interrupted_flush_is_done_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after the write and before its books: the same bytes go to the same place again."""
    ledger = Ledger.create(path, {"search": "s"})
    ledger.note("asked", {"trial": 0})

    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ledger.flush()
    ledger.note("asked", {"trial": 1})
    ledger.close()
    assert [event["trial"] for event in read_ledger(path).events] == [0, 1]


def test_who_starts_anew_has_the_lock_before_anything_is_lost(path: Path) -> None:
    def clear() -> None:
        with pytest.raises(AutomlError, match="LED002"):
            Ledger.open(path)
        cleared.append(read_ledger(path).header["search"])

    cleared: list[str] = []
    first = Ledger.create(path, {"search": "old"})
    with pytest.raises(AutomlError, match="LED002"):
        Ledger.create(path, {"search": "new"}, clear)
    assert cleared == []
    first.close()
    second = Ledger.create(path, {"search": "new"}, clear)
    assert cleared == ["old"]
    with pytest.raises(AutomlError, match="LED002"):
        Ledger.create(path, {"search": "third"}, clear)
    second.close()
    assert (read_ledger(path).header["search"], read_ledger(path).events) == ("new", ())
