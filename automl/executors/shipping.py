"""What reaches the workers beside their work: environment variables, and code that their machines may not have.

Libraries (numpy, LightGBM and the others) are not shipped: they must be there, in the driver's versions (`nodes.py`).
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any

from automl.executors.worker import THREAD_VARIABLES
from automl.machine import PINS

_EXCLUDED = ["__pycache__", "*.pyc", "templates"]


def worker_environment(threads: int, same_machine: bool) -> dict[str, str]:
    """Environment variables of a worker: threads of numeric libraries, and what pins their kernels, as it is here.

    On this machine also the folders from which only this driver imports.
    """
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads))
    variables.update({name: os.environ[name] for name in PINS if name in os.environ})
    if same_machine:
        variables["PYTHONPATH"] = os.pathsep.join(own_folders())
    return variables


def shipped_code(own: Path | None) -> dict[str, Any]:
    """Ray's runtime environment that brings automl, and the module of a user's own metric, to every node.

    Ray packs each of them once, under the hash of its content, and puts it in front of what a node has installed.
    """
    code = [str(Path(__file__).parents[1])]
    if own is not None:
        code.append(str(_top(own)))
    return {"py_modules": code, "excludes": _EXCLUDED}


def own_folders() -> list[str]:
    """What only this driver's sys.path knows, beside the interpreter's own folders: workers start elsewhere."""
    libraries = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = dict.fromkeys(Path(entry).resolve() for entry in sys.path)  # '' is the current folder
    return [
        str(folder)
        for folder in folders
        if folder.is_dir()
        and folder.name not in ("site-packages", "dist-packages")
        and not any(folder.is_relative_to(library) for library in libraries)
    ]


def _top(file: Path) -> Path:
    """The folder of the outermost package that a module is in, or its file where it is in none."""
    top = file
    while (top.parent / "__init__.py").is_file():
        top = top.parent
    return top
