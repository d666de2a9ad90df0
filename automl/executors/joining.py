"""Joining a cluster that others have started, and why it could not be joined, in one line."""

from __future__ import annotations

import logging
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from automl.errors import AutomlError, error
from automl.executors.address import AUTO, host_and_port, is_client, is_well_formed
from automl.executors.pulse import knock
from automl.executors.shipping import shipped_code


def join(ray: Any, address: str, own_code: Path | None) -> None:
    """Make this process a driver of that cluster, and send it automl and `own_code`. Raises AutomlError (EXE010)."""
    if not is_well_formed(address):
        hint = "a head listens at port 6379, and for Ray Client at 10001, unless told otherwise"
        raise _refused(address, f"that is not HOST:PORT, ray://HOST:PORT or {AUTO}", hint)
    if is_client(address) and find_spec("grpc") is None:
        raise _refused(address, "Ray Client needs grpcio", "pip install 'ray[client]', here and where the head runs")
    try:
        _knock(address)
        runtime = shipped_code(own_code)
        warnings.filterwarnings("ignore", "Ray Client connection timed out")  # the error says it
        ray.init(address=address, runtime_env=runtime, logging_level=logging.CRITICAL, log_to_driver=False)
    except Exception as problem:  # Ray raises a dozen types here
        raise cannot_join(address, problem) from None


def cannot_join(address: str, problem: BaseException) -> AutomlError:
    """The error (EXE010) that says so, with what may be wrong."""
    return _refused(address, one_line(problem), _hint(address, problem))


def _refused(address: str, why: str, hint: str) -> AutomlError:
    return error("EXE010", f"cannot join a Ray cluster at {address!r}: {why}", hint=hint)


def _hint(address: str, problem: BaseException) -> str:
    if "AuthenticationError" in f"{type(problem).__name__}: {problem.__cause__}":
        return "the cluster wants its token: set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN as on its head"
    if is_client(address) and "timeout" in str(problem):  # Ray Client says no more of a wrong port, nor of a token
        return "is it the port of Ray Client (--ray-client-server-port)? Does the cluster want a token (RAY_AUTH_MODE)?"
    if not is_client(address) and "Failed to connect" in str(problem):
        return "is it the port of the head (6379)? At that of Ray Client (10001) write ray:// before it"
    return "leave the address out to start Ray on this machine"


def one_line(problem: BaseException) -> str:
    """Its text; of a traceback that another process sent, what was raised."""
    text = str(problem).strip()
    if "Traceback (most recent call last)" in text:
        text = text.splitlines()[-1]
    return " ".join(text.split())[:300]


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at HOST:PORT: Ray itself would try for minutes, and print."""
    if address != AUTO:
        host, port = host_and_port(address)
        knock(host, int(port))
