"""The REST service: POST /predict, GET /health/live, /health/ready, /metrics, /schema, /info.

Every answer is whole. A request that is wrong gets 404, 405, 408, 413, 415 or 422, and JSON that says what is wrong:
`{"error": words, "problems": [{"row", "field", "expected", "found"}, ...]}`.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import uvicorn
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .about import PROGRAM, facts, row_schema
from .answers import JSON, Answer, answer, refusal
from .measures import MEDIA, Measures
from .model import load

SMALL = 1 << 14  # bytes: what is read and predicted at once; more goes to a thread, and the service stays alive
ROUTES = ("/predict", "/health/live", "/health/ready", "/metrics", "/schema", "/info")


@dataclass(frozen=True)
class Settings:
    """Where to listen, and what is too much: bytes and rows of a request, and seconds to wait for its body."""

    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 1 << 23
    max_rows: int = 10_000
    timeout: float = 30.0


class Service:
    """The endpoints. The model is checked and loaded before the first request."""

    def __init__(self, settings: Settings) -> None:
        """Raises TamperedArtifact."""
        load()
        about = facts()
        self.measures = Measures({key: str(about[key]) for key in ("name", "version", "task", "digest")})
        self._settings = settings
        self._info, self._schema = _dumped(about), _dumped(row_schema())
        self._model = about["digest"]
        self._one_at_a_time = CapacityLimiter(1)  # large requests: they share the interpreter with the small ones

    async def predict(self, request: Request) -> Response:
        """POST /predict."""
        try:
            found = await self._answer(request)
        except ClientDisconnect:
            found = refusal(408, "disconnect", "the body did not come in")  # nobody reads it; it is counted
        except Exception as bug:
            _log(bug)
            found = refusal(500, "bug", "the model could not answer this request")
        if found.reason:
            self.measures.refused(found.reason)
        self.measures.predicted(found.rows)
        return Response(found.body, found.status, media_type=JSON)

    async def _answer(self, request: Request) -> Answer:
        if request.headers.get("content-encoding", "identity") != "identity":
            return refusal(415, "content_encoding", "the body must not be compressed")
        limit, content_type = self._settings.max_body_bytes, request.headers.get("content-type", "")
        try:
            async with asyncio.timeout(self._settings.timeout):
                body = await _body(request, limit)
        except TimeoutError:
            return refusal(408, "timeout", f"the body did not come in within {self._settings.timeout:g} seconds")
        if body is None:
            return refusal(413, "bytes", f"the body of a request may have {limit} bytes at most")
        work = (bytes(body), content_type, self._settings.max_rows)
        if len(body) <= SMALL:
            return answer(*work)
        found: Answer = await to_thread.run_sync(answer, *work, limiter=self._one_at_a_time)
        return found

    async def live(self, request: Request) -> Response:
        """GET /health/live: the event loop turns."""
        return Response(_dumped({"status": "live"}), media_type=JSON)

    async def ready(self, request: Request) -> Response:
        """GET /health/ready: the files were checked and the model is loaded, before the socket was opened."""
        return Response(_dumped({"status": "ready", "model": self._model}), media_type=JSON)

    async def metrics(self, request: Request) -> Response:
        """GET /metrics."""
        return Response(self.measures.text(), media_type=MEDIA)

    async def schema(self, request: Request) -> Response:
        """GET /schema: the JSON Schema of a row."""
        return Response(self._schema, media_type="application/schema+json")

    async def info(self, request: Request) -> Response:
        """GET /info: as the command `info`."""
        return Response(self._info, media_type=JSON)


class Measured:
    """An ASGI application around another one: takes the time of every answer."""

    def __init__(self, app: Any, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = perf_counter(), 500

        async def noting(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = scope["path"] if scope["path"] in ROUTES else "other"
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
            self._measures.answered(route, method, status, perf_counter() - start)


def create_app(settings: Settings | None = None) -> Measured:
    """The whole service as an ASGI application. Raises TamperedArtifact."""
    service = Service(settings or Settings())
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    for route in ROUTES[1:]:
        app.add_route(route, getattr(service, route.rpartition("/")[2]), methods=["GET"])
    app.add_route("/predict", service.predict, methods=["POST"])
    app.add_exception_handler(HTTPException, _refuse)
    return Measured(app, service.measures)


def serve(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT; requests that have begun are answered. Raises TamperedArtifact, OSError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    app = create_app(settings)
    with socket.create_server((settings.host, settings.port), family=family, backlog=2048) as listening:
        # Connections inherit it; without it the body of an answer waits until the client has confirmed its head.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = listening.getsockname()[:2]
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(settings.timeout) + 1,
        )
        for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn sends them on when it has ended
            signal.signal(number, lambda *_: None)
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        print(f"{PROGRAM}: listening on http://{shown}:{port}", file=sys.stderr, flush=True)
        uvicorn.Server(config).run(sockets=[listening])


async def _body(request: Request, limit: int) -> bytearray | None:
    """The body; None where it is longer than `limit`."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        return None
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > limit:
            return None
    return found


async def _refuse(request: Request, problem: Any) -> Response:
    """No such route, or not with this method."""
    found = refusal(problem.status_code, "route", str(problem.detail))
    return Response(found.body, found.status, headers=problem.headers, media_type=JSON)


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode("ascii")


def _log(bug: Exception) -> None:
    """One line: what broke and where, and nothing of the request."""
    place = traceback.extract_tb(bug.__traceback__)[-1]
    print(f"{PROGRAM}: {type(bug).__name__} at {place.name}, line {place.lineno}", file=sys.stderr, flush=True)
