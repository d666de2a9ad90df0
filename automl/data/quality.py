"""Findings about the quality of a table, and what `data.checks` makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from automl.data.physical import PhysicalTable
from automl.errors import Diagnostic
from automl.runtime.columns import Text
from automl.spec.quality import CHECKS, Checks

_MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd number with bits all over: 2**64 over the golden ratio


def judged(findings: Iterable[Diagnostic], checks: Checks) -> list[Diagnostic]:
    """The findings as the spec wants them: left out (allow), a warning or an error. Errors stay errors."""
    found = []
    for finding in findings:
        wanted = checks.get(finding.code) if finding.code in CHECKS else None
        if wanted == "allow" and finding.severity != "error":
            continue
        if wanted == "error":
            finding = replace(finding, severity="error")
        elif wanted == "warn" and finding.severity == "note":
            finding = replace(finding, severity="warning")
        found.append(finding)
    return found


def repeated_rows(table: PhysicalTable) -> list[Diagnostic]:
    """A note where rows are equal in all columns."""
    again = table.rows - len(np.unique(_row_hashes(table)))
    if not again:
        return []
    message = f"{again} of {table.rows} rows are equal to an earlier one in every column"
    return [Diagnostic("note", "DQ006", message, hint="rows that were copied make scores look better than they are")]


def rows_in_both(train: PhysicalTable, test: PhysicalTable) -> list[Diagnostic]:
    """A warning where rows of a test table are in the training table too, compared in the columns of the test table."""
    same = PhysicalTable(tuple(train.column(column.name) for column in test.columns), train.rows)
    both = int(np.isin(_row_hashes(test), _row_hashes(same)).sum())
    if not both:
        return []
    message = f"{both} of {test.rows} rows of the test file are in the training data too"
    return [Diagnostic("warning", "DQ012", message, hint="they make the final score look better than it is")]


def _row_hashes(table: PhysicalTable) -> npt.NDArray[np.uint64]:
    """A hash of 64 bits for each row, over the values of all columns."""
    mixed = np.zeros(table.rows, dtype=np.uint64)
    for column in table.columns:
        values = column.values
        if isinstance(values, Text):
            hashes = [blake2b(level.encode("utf-8", "replace"), digest_size=8).digest() for level in values.levels]
            bits = np.frombuffer(b"".join([*hashes, bytes(8)]), dtype=np.uint64)[values.codes]
        else:
            plain = np.where(np.isnan(values), np.nan, values) + 0.0  # one form of NaN and of zero
            bits = plain.view(np.uint64)
        mixed = (mixed ^ bits) * _MIX
        mixed ^= mixed >> np.uint64(29)
    return mixed
