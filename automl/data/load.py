"""Files and settings to a table with its schema: reading, types and kinds in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from automl.data.kinds import build_schema
from automl.data.physical import PhysicalTable, to_physical
from automl.data.quality import judged, repeated_rows
from automl.data.read import RawTable, read_raw
from automl.data.schema import Schema
from automl.data.settings import DataSettings
from automl.errors import AutomlError, Diagnostic
from automl.spec.model import FormatSpec


@dataclass(frozen=True)
class Loaded:
    """A table that was read: values, schema, how its text was laid out, and what there is to tell (no errors)."""

    table: PhysicalTable
    schema: Schema
    format: FormatSpec
    findings: tuple[Diagnostic, ...]


def load_table(paths: Sequence[Path], format: FormatSpec, settings: DataSettings) -> Loaded:
    """Read a table and describe it. Raises AutomlError with DATA codes (`automl.data.codes`)."""
    return describe(read_raw(paths, format, settings.checks), settings)


def describe(raw: RawTable, settings: DataSettings) -> Loaded:
    """Types and kinds of a table that was read. Raises AutomlError with DATA codes."""
    if settings.missing is None and raw.format.missing is not None:
        settings = replace(settings, missing=raw.format.missing)
    if settings.decimal is None and raw.format.decimal is not None:
        settings = replace(settings, decimal=raw.format.decimal)
    table, told = to_physical(raw, settings)
    schema, more = build_schema(table, settings)
    findings = judged([*raw.findings, *told, *more, *repeated_rows(table)], settings.checks)
    if any(finding.severity == "error" for finding in findings):
        raise AutomlError(finding for finding in findings if finding.severity == "error")
    return Loaded(table, schema, raw.format, tuple(findings))
