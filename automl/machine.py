"""What of this machine and its libraries can change the bits of a result."""

from __future__ import annotations

import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from automl import __version__

# Environment variables that hold numpy and OpenBLAS to kernels that all machines of a cluster have.
PINS = ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")
_CORE_TYPES = {"x86_64-v2": "Nehalem", "x86_64-v3": "Haswell", "x86_64-v4": "SkylakeX"}
_BEYOND = {"x86_64-v2": ("X86_V3", "AVX", "FMA", "F16C"), "x86_64-v3": ("X86_V4", "AVX5")}  # how their features begin

LIBRARIES = ("joblib", "lightgbm", "numpy", "optuna", "pyarrow", "scikit-learn", "scipy", "threadpoolctl")


def versions() -> dict[str, str]:
    """The installed version of each library that a result depends on, of Python and of automl."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return {**found, "automl": __version__}


def cpu_class() -> str:
    """The instruction set level that numpy and OpenBLAS choose their kernels by, such as 'x86_64-v3'."""
    features: dict[str, bool] = import_module("numpy._core._multiarray_umath").__cpu_features__

    machine = platform.machine() or "unknown"
    if machine not in ("x86_64", "AMD64"):
        return machine
    if features.get("AVX512F") and features.get("AVX512_SKX"):
        return "x86_64-v4"
    return "x86_64-v3" if features.get("AVX2") and features.get("FMA3") else "x86_64-v2"


def pins_for(cpu: str) -> dict[str, str]:
    """Values of `PINS` that make this machine, and any larger one, one of that class; none for an unknown class."""
    if cpu not in _CORE_TYPES:
        return dict.fromkeys(PINS, "")
    dispatched: list[str] = import_module("numpy._core._multiarray_umath").__cpu_dispatch__
    beyond = tuple(begin for name, begins in _BEYOND.items() if name >= cpu for begin in begins)
    features = " ".join(name for name in dispatched if name.startswith(beyond)) if beyond else ""
    return dict(zip(PINS, (features, _CORE_TYPES[cpu]), strict=True))


def blas() -> str:
    """The BLAS that numpy loads and the kernel it chose, such as 'openblas 0.3.30 SkylakeX'."""
    import numpy as np
    from threadpoolctl import threadpool_info

    assert np.__version__  # threadpoolctl sees the library only once numpy has loaded it
    pools = [pool for pool in threadpool_info() if pool.get("user_api") == "blas"]
    # scipy brings one of its own, which is there or not, first or last, by what else this process has imported.
    own = [pool for pool in pools if Path(pool["filepath"]).parent.name.startswith("numpy")]
    for pool in own or pools:
        return f"{pool['internal_api']} {pool.get('version')} {pool.get('architecture', 'unknown')}"
    return "unknown"
