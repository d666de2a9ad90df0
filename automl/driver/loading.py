"""An emitted package in this process: its own code, under a name of its own, with nothing put on Python's path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from automl.driver.package import package_name

_NUMBERS = count(1)


def load_module(package: Path) -> ModuleType:
    """The package's top module, executed anew: two packages of one name, or one before and after a change, are apart.

    Raises AutomlError (CLI011) where `package` is no package.
    """
    name = package_name(package)
    home = package.resolve() / "src" / name
    own = f"automl_package_{next(_NUMBERS)}_{name}"
    found = spec_from_file_location(own, home / "__init__.py", submodule_search_locations=[str(home)])
    assert found is not None and found.loader is not None
    module = module_from_spec(found)
    sys.modules[own] = module
    try:
        with _no_caches():
            found.loader.exec_module(module)
            import_module(f"{own}.model")  # what it imports comes now, while no cache is written into the package
    except BaseException:
        forget(module)
        raise
    return module


def load_model(module: ModuleType) -> Any:
    """The model of a module that `load_module` gave. Raises the package's own TamperedArtifact."""
    with _no_caches():
        return module.load()


def info_of(module: ModuleType, model: Any) -> dict[str, Any]:
    """Name, version, task, classes (empty for a regression), the columns that are read, the digest of the package."""
    schema = import_module(f"{module.__name__}.schema")
    return {
        "name": schema.NAME,
        "version": schema.VERSION,
        "task": schema.TASK,
        "classes": list(getattr(schema, "CLASSES", ())),
        "columns": [field.name for field in schema.FIELDS],
        "digest": model.digest,
    }


def forget(module: ModuleType) -> None:
    """Take a loaded package out of Python's table of modules."""
    own = module.__name__
    for name in [name for name in sys.modules if name == own or name.startswith(own + ".")]:
        del sys.modules[name]


@contextmanager
def _no_caches() -> Iterator[None]:
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
