"""How the service of an emitted package ends, and what keeps it from starting."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from automl.emit.write import emit_package
from tests.emit import support
from tests.emit.serving import serving, start
from tests.emit.test_server import ROWS


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = support.request(support.linear_graph("multiclass"), "multiclass")
    return emit_package(made, tmp_path_factory.mktemp("served") / "package").path


@pytest.mark.slow
def test_a_request_that_has_begun_is_answered_before_the_end(package: Path) -> None:
    body = json.dumps({"rows": ROWS[:2]}).encode()
    with serving(package) as own, socket.create_connection(("127.0.0.1", own.port), timeout=20) as client:
        head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        client.sendall(head.encode() + b"\r\n\r\n" + body[:10])
        assert own.ask("GET", "/health/ready").status == 200  # the head has been read by now
        own.process.terminate()
        threading.Event().wait(0.3)
        client.sendall(body[10:])
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")


HIDDEN = "import importlib.util as u, runpy, sys; found = u.find_spec\n"
HIDDEN += "u.find_spec = lambda name, *a: None if name == 'fastapi' else found(name, *a)\n"
HIDDEN += "sys.argv[1:] = ['serve']; runpy.run_module('telco_churn', run_name='__main__')"


@pytest.mark.slow
def test_what_keeps_a_server_from_starting_is_said_in_one_line(package: Path, tmp_path: Path) -> None:
    world = {**os.environ, "PYTHONPATH": str(package / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", HIDDEN], env=world, capture_output=True, text=True, check=False)
    assert (done.returncode, "serve needs fastapi: install the extra 'server'" in done.stderr) == (1, True), done.stderr
    shutil.copytree(package, tmp_path / "changed")
    with (tmp_path / "changed" / "src" / "telco_churn" / "pipeline.py").open("a") as file:
        file.write("\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        starts = (
            (tmp_path / "changed", "0", "pipeline.py was changed"),
            (package, str(taken.getsockname()[1]), "in use"),
        )
        for folder, port, words in starts:
            with start(folder, "--port", port) as process:
                said = process.communicate(timeout=60)[1]
            assert (process.returncode, words in said, said.count("\n")) == (1, True, 1), said
