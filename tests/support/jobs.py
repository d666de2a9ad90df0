"""Run functions for executor tests: importable by workers, obeying commands in the job's parameters."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.jobs import Job
from automl.rows import ALL


def job(key: str, do: str, *, timeout_s: float | None = None, memory_bytes: int | None = None, **extra: Any) -> Job:
    """A job that does what `do` names."""
    return Job(key, "fake", {"do": do, **extra}, ALL, None, timeout_s=timeout_s, memory_bytes=memory_bytes)


def obey(context: Any, asked: Job) -> object:
    """Do what the job's parameter `do` says."""
    return _COMMANDS[str(asked.params["do"])](context, asked.params)


def _fail(_context: Any, params: Mapping[str, Any]) -> object:
    raise ValueError(f"bad\nvalue {params['text']}")


def _spin(_context: Any, _params: Mapping[str, Any]) -> object:
    count = 0
    while True:
        count += 1


def _swallow(_context: Any, _params: Mapping[str, Any]) -> object:
    while True:
        try:
            time.sleep(0.02)
        except Exception:
            continue


def _sleep(_context: Any, params: Mapping[str, Any]) -> object:
    time.sleep(float(params["seconds"]))
    return params["seconds"]


def _allocate(_context: Any, params: Mapping[str, Any]) -> object:
    return int(np.ones(int(params["bytes"]), dtype=np.uint8)[-1])


def _raise_memory(_context: Any, _params: Mapping[str, Any]) -> object:
    raise RuntimeError("wrapped") from MemoryError()


def _loaded(_context: Any, params: Mapping[str, Any]) -> object:
    return params["name"] in sys.modules


def _leave(_context: Any, _params: Mapping[str, Any]) -> object:
    raise SystemExit(3)


def _kill_self(_context: Any, _params: Mapping[str, Any]) -> object:
    os._exit(7)


def _segfault(_context: Any, _params: Mapping[str, Any]) -> object:
    ctypes.string_at(0)
    return None


def _die_once(_context: Any, params: Mapping[str, Any]) -> object:
    try:
        os.close(os.open(str(params["mark"]), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return "second life"
    os._exit(1)


def _import_missing(_context: Any, _params: Mapping[str, Any]) -> object:
    from importlib import import_module

    return import_module("no_such_module_anywhere")


def _shout(_context: Any, _params: Mapping[str, Any]) -> object:
    print("from Python", flush=True)
    return os.write(1, b"out of C\n") + os.write(2, b"and on stderr\n")


_COMMANDS: dict[str, Any] = {
    "loaded": _loaded,
    "echo": lambda _context, params: params["value"],
    "nan": lambda _context, _params: float("nan"),
    "fail": _fail,
    "lock": lambda _context, _params: threading.Lock(),
    "lambda": lambda _context, _params: lambda: 1,
    "sleep": _sleep,
    "spin": _spin,
    "swallow": _swallow,
    "allocate": _allocate,
    "memory": _raise_memory,
    "leave": _leave,
    "exit": _kill_self,
    "segfault": _segfault,
    "die_once": _die_once,
    "shout": _shout,
    "sum": lambda context, _params: float(context["table"].sum()),
    "place": lambda context, _params: (os.getpid(), context["table"].ctypes.data),
    "environment": lambda _context, params: os.environ.get(params["name"]),
    "missing": _import_missing,
}
