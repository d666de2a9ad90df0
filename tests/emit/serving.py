"""A server of an emitted package as a process of its own, and requests to it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """Status, headers (names in small letters) and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read strictly."""
        return json.loads(self.body, parse_constant=lambda token: (_ for _ in ()).throw(ValueError(token)))


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int
    package: Path

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def predict(self, body: bytes | str, kind: str = "application/json") -> Reply:
        """POST /predict."""
        raw = body if isinstance(body, bytes) else body.encode()
        return self.ask("POST", "/predict", raw, {"content-type": kind})

    def rows(self, rows: list[Any]) -> Reply:
        """POST /predict with rows."""
        return self.predict(json.dumps({"rows": rows}))


def start(package: Path, *arguments: str) -> subprocess.Popen[str]:
    """`python -m telco_churn serve ...`, without automl on the path."""
    world = {**os.environ, "PYTHONPATH": str(package / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "telco_churn", "serve", "--port", "0", *arguments]
    return subprocess.Popen(command, env=world, cwd=package, stderr=subprocess.PIPE, text=True)


@contextmanager
def serving(package: Path, *arguments: str) -> Iterator[Server]:
    """A server that listens. At the end it must stop at a SIGTERM, with exit code 0 and nothing more to say."""
    with start(package, *arguments) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "listening on http://127.0.0.1:" in line, line + process.stderr.read()
            yield Server(process, int(line.rsplit(":", 1)[1]), package)
            process.terminate()
            assert (process.wait(30), process.stderr.read()) == (0, "")
        finally:
            process.kill()
