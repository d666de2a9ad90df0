"""Specs and tables without files: a draft from a dict of columns, and the compiler's passes over it."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as arrow

from automl.compiler import PASSES
from automl.compiler.draft import Draft
from automl.data.load import describe
from automl.data.read import RawTable
from automl.errors import AutomlError, Diagnostic
from automl.planning import _settings, fold_column
from automl.spec.load import LoadedSpec, parse_spec
from automl.spec.model import FormatSpec

Cell = str | int | float | bool | None
Table = Mapping[str, Sequence[Cell]]

SPEC = "version: 1\nname: tiny\ndata:\n  path: tiny.csv\n  target: y\n"


def loaded_spec(text: str = SPEC) -> LoadedSpec:
    """A spec from its text, found right."""
    written, places, found = parse_spec(text, "tiny.yaml")
    assert written is not None and found == [], found
    return LoadedSpec(written, places, "tiny.yaml", Path())


def draft_of(table: Table, text: str = SPEC) -> Draft:
    """What the first pass is given."""
    spec = loaded_spec(text)
    raw = RawTable(arrow.table({name: list(cells) for name, cells in table.items()}), FormatSpec(), (Path("tiny.csv"),))
    loaded = describe(raw, _settings(spec.written.data, fold_column(spec.written)))
    return Draft(loaded=spec, table=loaded.table, schema=loaded.schema, findings=loaded.findings)


def passed(draft: Draft, last: Callable[[Draft], Draft]) -> Draft:
    """The draft after every pass up to `last`. No pass before `last` may find an error."""
    for run_pass in PASSES:
        draft = run_pass(draft)
        if run_pass is last:
            return draft
        assert errors(draft) == [], errors(draft)
    raise AssertionError(f"{last} is no pass")


def errors(draft: Draft) -> list[Diagnostic]:
    """The errors among the findings."""
    return [finding for finding in draft.findings if finding.severity == "error"]


def codes(raised: AutomlError) -> list[str]:
    """The codes of an error, in its own order."""
    return [diagnostic.code for diagnostic in raised.diagnostics]


def mixed(rows: int = 120, seed: int = 7) -> dict[str, list[Cell]]:
    """Every kind of column: numbers, whole numbers, a flag, few and many levels, times, a group; some are missing.

    `y` is binary and has to do with `size` and `colour`; `price` is a quantity, `grade` one of three classes.
    """
    dice = random.Random(seed)
    table: dict[str, list[Cell]] = {
        "size": [None if dice.random() < 0.1 else round(dice.gauss(10, 3), 3) for _ in range(rows)],
        "count": [dice.randint(0, 6) for _ in range(rows)],
        "flag": [dice.randint(0, 1) for _ in range(rows)],
        "colour": [None if dice.random() < 0.05 else dice.choice(("red", "green", "blue")) for _ in range(rows)],
        "city": [f"city-{dice.randrange(max(70, rows // 3)):03d}" for _ in range(rows)],
        "day": [f"2024-{1 + i * 12 // rows:02d}-{1 + i % 28:02d}" for i in range(rows)],
        "owner": [f"o{dice.randrange(rows // 4)}" for _ in range(rows)],
    }
    pull = [
        float(size or 10) / 3 + (colour == "red") for size, colour in zip(table["size"], table["colour"], strict=True)
    ]
    table["y"] = ["yes" if score + dice.gauss(0, 1) > 4.4 else "no" for score in pull]
    table["price"] = [round(100 + 20 * score + dice.gauss(0, 5), 2) for score in pull]
    table["grade"] = [dice.choice("abc") if score > 3 else "a" for score in pull]
    return table


def write_table(path: Path, table: Table) -> Path:
    """The table as a csv file, missing cells empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path
