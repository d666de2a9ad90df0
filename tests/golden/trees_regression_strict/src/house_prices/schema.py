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


NAME = "house_prices"
VERSION = "1.0.0"
TASK = "regression"

# Columns that are no features and are carried through to the predictions.
IDS: tuple[str, ...] = ("customer",)

# A text that training has not seen: "other" is handled by each step, "missing" counts as missing, "reject" is refused.
UNKNOWN_CATEGORY = "reject"

# A missing number where training had none: "median" puts the training median in its place, "reject" is refused.
MISSING_NUMERIC = "reject"

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
    Field(
        name="income",
        physical="number",
        kind="numeric",
        required=False,
        fingerprint="sha256:9de1e9dabb313870e2c4ab0d9cbdb40b93117fa2b4b9b01e13d1e5a67b91fae2",
        tokens=frozenset({"", "NA"}),
    ),
    Field(
        name="city",
        physical="text",
        kind="categorical",
        required=True,
        fingerprint="sha256:0c6df4053de3bf8398b19c84174bddb1d2010fd809fbda3ba07cbfe9f47e31b4",
        tokens=frozenset({"", "NA"}),
        vocabulary=("Berlin", "Lyon", "Turin"),
    ),
    Field(
        name="plan",
        physical="text",
        kind="categorical",
        required=False,
        fingerprint="sha256:30dba1dcadb0dbead90e20d6437fb3fd1b97d869495f2d49e7577509b53a5f10",
        tokens=frozenset({"", "NA"}),
        vocabulary=("a", "b"),
    ),
    Field(
        name="since",
        physical="datetime",
        kind="datetime",
        required=True,
        fingerprint="sha256:d779d4b144c8d4f2bd4101982280c723275e3af089219bd521aaf336350643fa",
        tokens=frozenset({"", "NA"}),
        time_format="iso",
    ),
)

# What was predicted. Read by `refit` only.
TRAINING_FIELDS: tuple[Field, ...] = (
    Field(
        name="y",
        physical="number",
        kind="numeric",
        required=True,
        fingerprint="sha256:cd2cc6655135774a6e6a25bf62111f952a34861c5beeea51f35a527b14844249",
        tokens=frozenset({"", "NA"}),
    ),
)
TARGET = TRAINING_FIELDS[0].name
