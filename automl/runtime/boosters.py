"""LightGBM's shared library through ctypes: load model text, predict. Needs numpy, but neither SciPy nor scikit-learn.

The calls are those of LightGBM's documented C API. The library is found beside the installed package, which is not
imported.
"""

from __future__ import annotations

import ctypes
import importlib.util
import threading
import weakref
from functools import cache
from pathlib import Path

import numpy as np

from .columns import Matrix

_FLOAT64, _ROW_MAJOR = 1, 1  # C_API_DTYPE_FLOAT64, is_row_major
_NORMAL, _RAW = 0, 1  # C_API_PREDICT_NORMAL, C_API_PREDICT_RAW_SCORE
_OPTIONS = b"num_threads=1 verbosity=-1"
_PLACES = ("lib/lib_lightgbm.so", "lib/lib_lightgbm.dylib", "bin/lib_lightgbm.dll", "lib/lib_lightgbm.dll")


class Booster:
    """A loaded model. Safe to use from several threads; its memory is freed when the object goes."""

    def __init__(self, text: str) -> None:
        """Load LightGBM model text. Raises OSError where the library cannot be loaded, ValueError for a broken text."""
        self._library = library()
        self._handle = ctypes.c_void_p()
        _check(self._library.LGBM_BoosterLoadModelFromString(text.encode(), _int(), ctypes.byref(self._handle)))
        self.features = self._number("LGBM_BoosterGetNumFeature")
        self.outputs = self._number("LGBM_BoosterGetNumClasses")
        self._row_lock = threading.Lock()  # the single-row call reuses one buffer
        self._row = self._prepare_row()
        release = weakref.finalize(self, _release, self._library, self._row, self._handle)
        release.atexit = False  # the process's memory goes anyway, and the library may be gone first

    def predict(self, x: Matrix, rounds: int) -> Matrix:
        """Shape (rows, outputs) for a C-ordered float64 matrix. All rounds where `rounds` is -1."""
        return self._predict(x, _NORMAL, 0, rounds)

    def raw_scores(self, x: Matrix, start: int, rounds: int) -> Matrix:
        """What the trees of rounds `start` to `start + rounds` - 1 add up to, before it becomes a probability."""
        return self._predict(x, _RAW, start, rounds)

    def _predict(self, x: Matrix, kind: int, start: int, rounds: int) -> Matrix:
        self._check_width(x)
        out = np.empty((len(x), self.outputs), dtype=np.float64)
        if len(x):
            _check(
                self._library.LGBM_BoosterPredictForMat(
                    self._handle, _address(x), _FLOAT64, *x.shape, _ROW_MAJOR, kind, start, rounds, _OPTIONS,
                    ctypes.byref(ctypes.c_int64()), _address(out),
                )
            )  # fmt: skip
        return out

    def predict_row(self, x: Matrix) -> Matrix:
        """The same for a matrix of one row and all rounds, without the cost of setting a batch up."""
        self._check_width(x)
        out = np.empty((1, self.outputs), dtype=np.float64)
        length = ctypes.byref(ctypes.c_int64())
        with self._row_lock:
            _check(self._library.LGBM_BoosterPredictForMatSingleRowFast(self._row, _address(x), length, _address(out)))
        return out

    def _prepare_row(self) -> ctypes.c_void_p:
        row = ctypes.c_void_p()
        _check(
            self._library.LGBM_BoosterPredictForMatSingleRowFastInit(
                self._handle, _NORMAL, 0, -1, _FLOAT64, self.features, _OPTIONS, ctypes.byref(row)
            )
        )
        return row

    def _number(self, getter: str) -> int:
        found = ctypes.c_int()
        _check(getattr(self._library, getter)(self._handle, ctypes.byref(found)))
        return found.value

    def _check_width(self, x: Matrix) -> None:
        if x.shape[1] != self.features:
            raise ValueError(f"the model was trained with {self.features} features, the matrix has {x.shape[1]}")


@cache
def library() -> ctypes.CDLL:
    """LightGBM's shared library. Raises OSError that says what to install."""
    spec = importlib.util.find_spec("lightgbm")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    files = [Path(folder) / place for folder in folders for place in _PLACES]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise OSError("LightGBM's shared library was not found: install the Python package lightgbm")
    return _declare(_open(file))


def _open(file: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(file))
    except OSError as problem:
        if "libgomp" in str(problem):
            hint = "the system library libgomp.so.1 is missing: install the Debian package libgomp1"
            raise OSError(f"LightGBM cannot be loaded, {hint} (apt-get install libgomp1)") from problem
        raise


def _declare(found: ctypes.CDLL) -> ctypes.CDLL:
    """The argument types of the calls used here, in C's order: without them ctypes would cut addresses to 32 bits."""
    number, address, text = ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p
    found.LGBM_GetLastError.restype = text
    found.LGBM_BoosterLoadModelFromString.argtypes = [text, address, address]
    found.LGBM_BoosterFree.argtypes = [address]
    found.LGBM_BoosterGetNumFeature.argtypes = [address, address]
    found.LGBM_BoosterGetNumClasses.argtypes = [address, address]
    found.LGBM_BoosterPredictForMat.argtypes = [
        address, address, number, ctypes.c_int32, ctypes.c_int32, number, number, number, number, text,
        address, address,
    ]  # fmt: skip
    found.LGBM_BoosterPredictForMatSingleRowFastInit.argtypes = [
        address, number, number, number, number, ctypes.c_int32, text, address,
    ]  # fmt: skip
    found.LGBM_BoosterPredictForMatSingleRowFast.argtypes = [address, address, address, address]
    found.LGBM_FastConfigFree.argtypes = [address]
    return found


def _release(library: ctypes.CDLL, row: ctypes.c_void_p, handle: ctypes.c_void_p) -> None:
    library.LGBM_FastConfigFree(row)
    library.LGBM_BoosterFree(handle)


def _check(code: int) -> None:
    if code != 0:
        raise ValueError(f"LightGBM: {library().LGBM_GetLastError().decode(errors='replace')}")


def _address(array: Matrix) -> int:
    return array.ctypes.data


def _int() -> object:
    return ctypes.byref(ctypes.c_int())
