"""The columns that this model reads and what it answers, as typed records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Physical = Literal["number", "boolean", "datetime", "text"]
Names = Literal["number", "boolean", "datetime"]


@dataclass(frozen=True)
class Field:
    """One input column.

    `required`: training saw no missing value in it, so a table without this column is refused. `tokens`: texts that
    are read as missing. `time_format`: "iso" or a strptime format; `number_format`: a number as
    the training data writes it, where that is not plainly ("1.234,5"). `names_of`: its texts are the names of such
    values, so 1.50 and 1.5 are one. `vocabulary`: the texts that the steps know from training. `fingerprint`: the hash
    of the training values.
    """

    name: str
    physical: Physical
    kind: str
    required: bool
    fingerprint: str
    tokens: frozenset[str]
    time_format: str | None = None
    number_format: str | None = None
    names_of: Names | None = None
    vocabulary: tuple[str, ...] | None = None


NAME = "telco-churn"
VERSION = "1.0.0"
TASK = "binary"

# Columns that are no features and are carried through to the predictions.
IDS: tuple[str, ...] = ("customer",)

# The classes in the order of the probabilities: negative, positive.
CLASSES: tuple[str, ...] = ("no", "yes")

# From which probability of the positive class on a row gets its label; chosen on rows that no fit had seen.
THRESHOLD = 0.35

# A text that training has not seen: "other" is handled by each step, "missing" counts as missing, "reject" is refused.
UNKNOWN_CATEGORY = "other"

# A missing number where training had none: "median" puts the training median in its place, "reject" is refused.
MISSING_NUMERIC = "median"

# How the text of a csv file may be encoded: the first one that reads the whole file counts.
ENCODINGS = ("utf-8", "cp1252", "latin-1")

FIELDS: tuple[Field, ...] = (
    Field(
        name="age",
        physical="number",
        kind="numeric",
        required=True,
        fingerprint="sha256:13a3c9fa3f412cba8c006910aab5c51015de3c4c37e9d38f982436ffdfdc82d9",
        tokens=frozenset({"", "NA"}),
    ),
)

# What was predicted. Read by `refit` only.
TRAINING_FIELDS: tuple[Field, ...] = (
    Field(
        name="y",
        physical="text",
        kind="categorical",
        required=True,
        fingerprint="sha256:68595415a171c1e1c5f2187f3884343434642be75dd79a7871576d9d64022595",
        tokens=frozenset({"", "NA"}),
    ),
)
TARGET = TRAINING_FIELDS[0].name
