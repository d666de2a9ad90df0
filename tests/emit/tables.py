"""A table made in code: numbers with and without missing values, categories, dates, an id, and three targets."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.data.schema import ColumnInfo
from automl.kinds import Kind
from automl.runtime.cells import ColumnSpec
from automl.runtime.columns import Column
from automl.runtime.fingerprint import fingerprint_column
from automl.runtime.table import to_column

TOKENS = ("", "NA")


@dataclass(frozen=True)
class Source:
    """A column of a made-up table: raw values, as they would stand in a csv file."""

    name: str
    physical: str
    kind: Kind
    values: tuple[Any, ...]
    role: str = "feature"
    time_format: str | None = None

    @property
    def column(self) -> Column:
        """The values as the runtime reads them."""
        spec = ColumnSpec(self.name, self.physical, frozenset(TOKENS), self.time_format)  # type: ignore[arg-type]
        return to_column(spec, list(self.values))

    @property
    def info(self) -> ColumnInfo:
        """The schema's record."""
        missing = sum(value is None or value in TOKENS for value in self.values)
        return ColumnInfo(
            name=self.name,
            physical=self.physical,  # type: ignore[arg-type]
            kind=self.kind,
            role=self.role,  # type: ignore[arg-type]
            missing=missing,
            distinct=len(set(self.values)),
            tokens=TOKENS,
            time_format=self.time_format,
            fingerprint=fingerprint_column(self.column),
        )


def table(rows: int = 60) -> tuple[Source, ...]:
    """Numbers with and without missing values, categories, dates, an id."""
    return (
        Source("customer", "text", Kind.CATEGORICAL, tuple(f"c{i:03d}" for i in range(rows)), "id"),
        Source("age", "number", Kind.NUMERIC, tuple(float(20 + (i * 7) % 50) for i in range(rows))),
        Source(
            "income",
            "number",
            Kind.NUMERIC,
            tuple(None if i % 9 == 0 else 1000.5 + (i * 37) % 900 for i in range(rows)),
        ),
        Source(
            "city",
            "text",
            Kind.CATEGORICAL,
            tuple(["Berlin", "Lyon", "Oslo", "Rome", "Turin"][(i * i) % 5] for i in range(rows)),
        ),
        Source("plan", "text", Kind.CATEGORICAL, tuple(None if i % 11 == 0 else "ab"[i % 2] for i in range(rows))),
        Source(
            "since",
            "datetime",
            Kind.DATETIME,
            tuple(f"20{10 + i % 9}-0{1 + i % 9}-1{i % 10}" for i in range(rows)),
            "feature",
            "iso",
        ),
    )


def target(task: str, rows: int = 60) -> Source:
    """What is predicted, with a signal in it."""
    if task == "regression":
        return Source("y", "number", Kind.NUMERIC, tuple((i * 7) % 50 * 2.0 + i % 3 for i in range(rows)), "target")
    labels = ("no", "yes") if task == "binary" else ("blue", "green", "red")
    return Source(
        "y",
        "text",
        Kind.CATEGORICAL,
        tuple(labels[((i * 7) % 50 // 9 + i % 2) % len(labels)] for i in range(rows)),
        "target",
    )


def write_csv(sources: tuple[Source, ...], path: Path) -> None:
    """The table as a csv file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([source.name for source in sources])
        writer.writerows(
            ["" if value is None else value for value in row] for row in zip(*(s.values for s in sources), strict=True)
        )
