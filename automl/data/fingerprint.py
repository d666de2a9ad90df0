"""The hash of a table that was read, by `automl.runtime.fingerprint`: a package checks its training data with it."""

from __future__ import annotations

from collections.abc import Mapping

from automl.data.physical import PhysicalTable
from automl.runtime.fingerprint import fingerprint_column, fingerprint_table


def fingerprints(table: PhysicalTable) -> tuple[Mapping[str, str], str]:
    """The hash of each column by name, over all rows, and that of the whole table. Independent of the file format."""
    each = {column.name: fingerprint_column(column.values) for column in table.columns}
    return each, fingerprint_table(each.items())
