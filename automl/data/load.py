"""Files and settings to a table with its schema: reading, types and kinds in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from automl.data.kinds import build_schema
from automl.data.physical import PhysicalTable, to_physical
from automl.data.quality import judged, repeated_rows, rows_in_both
from automl.data.read import RawTable, read_raw
from automl.data.schema import Schema
from automl.data.settings import DataSettings
from automl.data.tested import read_test
from automl.errors import AutomlError, Diagnostic
from automl.spec.model import FormatSpec


@dataclass(frozen=True)
class Loaded:
    """A table that was read: values, schema, how its text was laid out, and what there is to tell (no errors)."""

    table: PhysicalTable
    schema: Schema
    format: FormatSpec
    findings: tuple[Diagnostic, ...]
    test: PhysicalTable | None = None  # the columns of the test file, read as those of the table


def load_table(paths: Sequence[Path], format: FormatSpec, settings: DataSettings, test: Sequence[Path] = ()) -> Loaded:
    """Read a table and its test file and describe them. Raises AutomlError with DATA codes (`automl.data.codes`)."""
    raw = read_raw(paths, format, settings.checks)
    return describe(raw, settings, read_raw(test, format, settings.checks) if test else None)


def describe(raw: RawTable, settings: DataSettings, test: RawTable | None = None) -> Loaded:
    """Types and kinds of a table that was read; its test file has the same. Raises AutomlError with DATA codes."""
    if settings.missing is None and raw.format.missing is not None:
        settings = replace(settings, missing=raw.format.missing)
    if settings.decimal is None and raw.format.decimal is not None:
        settings = replace(settings, decimal=raw.format.decimal)
    table, told = to_physical(raw, settings)
    schema, more = build_schema(table, settings)
    findings = [*raw.findings, *told, *more, *repeated_rows(table)]
    tested = None
    if test is not None:
        tested, info = read_test(test, table, schema)
        schema = schema.model_copy(update={"test": info})
        findings += [*test.findings, *rows_in_both(table, tested)]
    findings = judged(findings, settings.checks)
    if any(finding.severity == "error" for finding in findings):
        raise AutomlError(finding for finding in findings if finding.severity == "error")
    return Loaded(table, schema, raw.format, tuple(findings), tested)
