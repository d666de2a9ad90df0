"""Sparse matrices in compressed rows (CSR), numpy only: what steps over text give, where most numbers are zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .columns import Floats, Ints, Matrix


@dataclass(frozen=True, eq=False)
class Sparse:
    """Row i holds `data[indptr[i]:indptr[i + 1]]` in the columns `indices[...]`, ascending; all else is zero."""

    data: Floats
    indices: npt.NDArray[np.int32]
    indptr: Ints  # shape (rows + 1,)
    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """What the numbers take in memory."""
        return self.data.nbytes + self.indices.nbytes + self.indptr.nbytes

    @property
    def rows(self) -> Ints:
        """The row of every stored number, ascending."""
        return np.repeat(np.arange(self.shape[0], dtype=np.int64), np.diff(self.indptr))

    def setflags(self, write: bool) -> None:
        """Make the numbers read-only, as numpy's method of that name does."""
        for array in (self.data, self.indices, self.indptr):
            array.setflags(write=write)

    def take(self, rows: Ints) -> Sparse:
        """Those rows, in that order; a row may be taken several times."""
        sizes = np.diff(self.indptr)[rows]
        indptr = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])
        at = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], sizes)
        return Sparse(self.data[at], self.indices[at], indptr, (len(rows), self.shape[1]))

    def dense(self) -> Matrix:
        """The same matrix with its zeros, shape (rows, columns)."""
        out = np.zeros(self.shape, dtype=np.float64)
        out[self.rows, self.indices] = self.data
        return out


Features = Matrix | Sparse


def from_entries(rows: Ints, columns: Ints, data: Floats, shape: tuple[int, int]) -> Sparse:
    """The matrix with these numbers, given by row and within a row by column, ascending; none is given twice."""
    counts = np.bincount(rows, minlength=shape[0])
    indptr = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])
    return Sparse(np.array(data, dtype=np.float64), columns.astype(np.int32), indptr, shape)


def as_sparse(x: Features) -> Sparse:
    """The matrix without its zeros."""
    if isinstance(x, Sparse):
        return x
    rows, columns = np.nonzero(x)
    return from_entries(rows, columns, x[rows, columns], (len(x), x.shape[1]))


def side_by_side(parts: list[Sparse]) -> Sparse:
    """The columns of all parts, in the order of the parts. All have the same number of rows, at least one is given."""
    rows = np.concatenate([part.rows for part in parts])
    starts = np.cumsum([0, *(part.shape[1] for part in parts)])
    columns = np.concatenate([part.indices + start for part, start in zip(parts, starts, strict=False)])
    data = np.concatenate([part.data for part in parts])
    order = np.argsort(rows, kind="stable")  # within a row, the parts stay in their order
    return from_entries(rows[order], columns[order], data[order], (len(parts[0]), int(starts[-1])))


def sparse_sums(x: Sparse, weights: Matrix) -> Matrix:
    """x @ weights.T, shape (rows, outputs). Every row is summed alone, from left to right: equal bits in any batch."""
    out = np.zeros((len(x), len(weights)), dtype=np.float64)
    rows = x.rows
    for k in range(len(weights)):
        out[:, k] = np.bincount(rows, weights=x.data * weights[k][x.indices], minlength=len(x))
    return out
