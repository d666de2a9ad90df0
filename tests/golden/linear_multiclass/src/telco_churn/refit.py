"""Reads the training data, fits the winner again, and compares or writes the artifacts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .door import specs_of
from .integrity import HERE, verify
from .layout import layout_of
from .pipeline import ARTIFACTS
from .schema import CLASSES, FIELDS, TARGET, TRAINING_FIELDS, Field
from .scoring.cells import WHOLE
from .scoring.columns import Column, Columns, Ints, Text, take
from .scoring.files import concatenate, header, read_table
from .scoring.fingerprint import fingerprint_column
from .scoring.table import BadInput, Problem
from .scoring.values import canonical_number
from .tables import Table

READ: tuple[Field, ...] = (*FIELDS, *(field for field in TRAINING_FIELDS if field.name not in {f.name for f in FIELDS}))


def check_artifacts(paths: Sequence[Path]) -> list[str]:
    """Refit on the training data and compare every byte: the artifacts that differ, by file name.

    Raises BadInput where the data is not the training data, TamperedArtifact where the package is not as it was emitted.
    """
    verify()
    columns = read_training(paths)
    changed = changed_columns(columns)
    if changed:
        raise BadInput(Problem(WHOLE, name, "the values of the training data", "others") for name in changed)
    fresh = fit_artifacts(columns)
    shipped = {path.name: path.read_bytes() for path in (HERE / "artifacts").iterdir()}
    return sorted(name for name in fresh.keys() | shipped.keys() if fresh.get(name) != shipped.get(name))


def write_artifacts(paths: Sequence[Path], folder: Path) -> None:
    """Refit on this data and write the artifacts into `folder`, which must not exist. Other data is told on stderr."""
    columns = read_training(paths)
    changed = changed_columns(columns)
    if changed:
        print(f"warning: not the values of the training data: {', '.join(map(repr, changed))}", file=sys.stderr)
    fresh = fit_artifacts(columns)
    folder.mkdir(parents=True)
    for name, content in sorted(fresh.items()):
        (folder / name).write_bytes(content)


def fit_artifacts(columns: Columns) -> dict[str, bytes]:
    """The artifacts of a fit on these columns: file name -> content."""
    from .train import fit_all  # loads the libraries that fit: only once the data is known to be right

    states = fit_all(table_of(columns))
    return {
        ARTIFACTS[step] + suffix: content for step, state in states.items() for suffix, content in state.files().items()
    }


def read_training(paths: Sequence[Path]) -> Columns:
    """The columns that the fit needs, of all files, one below the other. Raises BadInput, OSError."""
    parts = []
    for path in paths:
        layout = layout_of(path)
        absent = [field.name for field in READ if field.name not in header(path, layout)]
        if absent:
            raise BadInput(Problem(WHOLE, name, f"a column of this name in {path.name}", "none") for name in absent)
        parts.append(read_table(path, specs_of(READ), layout))
    return {spec.name: concatenate(spec, [part[spec.name] for part in parts]) for spec in specs_of(READ)}


def changed_columns(columns: Columns) -> list[str]:
    """The columns whose values are not those of the training data."""
    return [field.name for field in READ if fingerprint_column(columns[field.name]) != field.fingerprint]


def table_of(columns: Columns) -> Table:
    """The rows that have a target, and the target as the fits want it."""
    target = columns[TARGET]
    kept = np.flatnonzero(target.codes >= 0 if isinstance(target, Text) else ~np.isnan(target))
    chosen = {name: take(column, kept) for name, column in columns.items()}
    values = class_codes(chosen[TARGET])
    return Table(chosen, values, 3)


def class_codes(labels: Column) -> Ints:
    """The position of each label in CLASSES. Raises BadInput for labels that are none of them."""
    if isinstance(labels, Text):
        texts, codes = list(labels.levels), labels.codes.astype(np.int64)
    else:
        numbers, codes = np.unique(labels, return_inverse=True)
        texts = [str(canonical_number(float(number))) for number in numbers]
    unknown = sorted(set(texts) - set(CLASSES))
    if unknown:
        raise BadInput(Problem(WHOLE, TARGET, "a class known from training", repr(text)) for text in unknown)
    positions = np.array([CLASSES.index(text) for text in texts], dtype=np.int64)
    return positions[codes]
