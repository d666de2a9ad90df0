"""Emitted sources, compared byte for byte with trees that people have read. AUTOML_REGEN=1 writes them anew.

What changes with library versions stays out: artifacts, hashes, the manifest. Copied modules are compared with their
originals elsewhere.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from automl.emit import requirements
from automl.emit.assemble import package_files
from tests.emit import support

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
VERSIONS = {
    "numpy": "2.4.6",
    "lightgbm": "4.7.0",
    "scipy": "1.17.1",
    "scikit-learn": "1.9.1",
    "joblib": "1.6.0",
    "cloudpickle": "3.1.2",
}
VERSIONS |= {"narwhals": "2.28.0", "threadpoolctl": "3.8.0", "pyarrow": "26.0.1"}
LEFT_OUT = (
    "manifest.json",
    "requirements.lock",
    "requirements-refit.lock",
    "requirements-server.lock",
    "tests/golden.json",
    "plan.json",
)
FOLDERS_LEFT_OUT = ("/artifacts/", "/scoring/", "/fitting/")


def strict_trees() -> Any:
    """Trees with every policy set to reject, and no container."""
    made = support.request(support.tree_graph(), "regression", name="house_prices")
    return support.with_package(made, unknown_category="reject", missing_numeric="reject", targets=("python",))


def thresholded() -> Any:
    """Labels of two classes that a metric chose the threshold of."""
    made = support.request(support.constant_graph())
    trial = made.winner.trial.model_copy(update={"threshold": 0.35})
    return replace(made, winner=made.winner.model_copy(update={"trial": trial}))


CASES = {
    "constant_binary": thresholded,
    "linear_multiclass": lambda: support.request(support.linear_graph("multiclass"), "multiclass"),
    "trees_regression_strict": strict_trees,
}


@pytest.mark.parametrize("case", CASES)
def test_emitted_sources_are_the_golden_ones(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "version", VERSIONS.__getitem__)
    files, _ = package_files(CASES[case]())
    shown = {
        path: content
        for path, content in files.items()
        if path not in LEFT_OUT and not any(part in path for part in FOLDERS_LEFT_OUT)
    }
    folder = GOLDEN / case
    if os.environ.get("AUTOML_REGEN") == "1":
        shutil.rmtree(folder, ignore_errors=True)
        for path, content in shown.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    stored = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert sorted(stored) == sorted(shown)
    for path, content in shown.items():
        assert content.decode() == stored[path].decode(), path
