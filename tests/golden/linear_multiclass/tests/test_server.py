"""The REST service answers as the package does in process, and refuses in words. Needs the extra 'server'."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec
from typing import Any

import pytest

from telco_churn.schema import FIELDS
from test_predictions import OUTPUTS, ROWS, bits

if find_spec("fastapi") is None or find_spec("uvicorn") is None:
    pytest.skip("the extra 'server' is not installed", allow_module_level=True)

from telco_churn.server import Settings, create_app

APP = create_app(Settings(max_body_bytes=100_000, max_rows=50))


def call(method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple[int, Any]:
    """One request, straight into the application: its status and its body."""
    return asyncio.run(_call(method, path, body, kind))


async def _call(method: str, path: str, body: bytes, kind: str) -> tuple[int, Any]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": [(b"content-type", kind.encode())], "root_path": "", "scheme": "http", "http_version": "1.1"}
    await APP(scope, receive, send)
    text = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], text.decode() if path == "/metrics" else json.loads(text)


def predict(rows: object) -> tuple[int, Any]:
    return call("POST", "/predict", json.dumps({"rows": rows}).encode())


def test_all_rows_get_the_golden_bits() -> None:
    status, found = predict(ROWS)
    assert status == 200, found
    assert bits([list(line.values()) for line in found["probabilities"]]) == bits(OUTPUTS)


def test_what_is_wrong_is_said_with_its_row() -> None:
    status, found = predict([ROWS[0], "no row"])
    assert status == 422
    assert [(problem["row"], problem["field"]) for problem in found["problems"]] == [(1, None)]
    field = FIELDS[0].name
    status, found = predict([ROWS[0], {**ROWS[1], field: ["no value"]}])
    assert (status, found["problems"][0]["row"], found["problems"][0]["field"]) == (422, 1, field)


@pytest.mark.parametrize("body", [b"", b"{", b'{"rows": [NaN]}', b"[" * 50_000, b"\xff", b'{"rows": 1, "rows": 2}'])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert call("POST", "/predict", body)[0] == 422


def test_too_much_and_other_kinds_and_places_are_refused() -> None:
    assert call("POST", "/predict", b" " * 100_001)[0] == 413
    assert predict([ROWS[0]] * 51)[0] == 413
    assert call("POST", "/predict", b"{}", "text/html")[0] == 415
    assert call("GET", "/predict")[0] == 405
    assert call("GET", "/nowhere")[0] == 404


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/schema", "/info"])
def test_what_can_be_asked_is_json(path: str) -> None:
    status, found = call("GET", path)
    assert (status, type(found)) == (200, dict)


def test_rows_are_counted() -> None:
    def counted() -> int:
        lines = call("GET", "/metrics")[1].splitlines()
        return int(next(line for line in lines if line.startswith("model_rows_predicted_total ")).split()[1])

    before = counted()
    predict(ROWS)
    assert counted() == before + len(ROWS)
