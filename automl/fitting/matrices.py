"""Matrices as scikit-learn takes them."""

from __future__ import annotations

from typing import Any

from scipy.sparse import csr_matrix

from automl.runtime.sparse import Features, Sparse


def as_scipy(x: Features) -> Any:
    """A sparse matrix as SciPy's, a dense one as it is."""
    if not isinstance(x, Sparse):
        return x
    return csr_matrix((x.data, x.indices, x.indptr), shape=x.shape)
