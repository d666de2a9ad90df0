"""What is known of a table after reading it once: the schema that the compiler works from."""

from __future__ import annotations

from typing import Literal

from automl.kinds import Kind
from automl.value import Value, digest_json

Physical = Literal["number", "boolean", "datetime", "text"]
Role = Literal["feature", "target", "id", "group", "time", "weight", "fold", "ignored", "dropped"]


class ColumnInfo(Value):
    """One column. `physical` is what its values are, `kind` what they mean, `role` what the plan does with it."""

    name: str
    physical: Physical
    kind: Kind
    role: Role
    reason: str | None = None  # why it is dropped or read as this kind, where that was a decision
    missing: int  # number of missing values
    distinct: int  # number of distinct values that are not missing
    tokens: tuple[str, ...] = ()  # texts read as missing
    time_format: str | None = None  # how the text of a datetime is parsed ("iso", or a strptime format)
    number_format: str | None = None  # how a number is written where it is not plainly: a form such as "1.234,5"
    names_of: Literal["number", "boolean", "datetime"] | None = None  # what its texts are the names of
    fingerprint: str  # hash of the column's canonical values, independent of the file format


class ClassInfo(Value):
    """One class of a classification target, as it stands in the data, with its number of rows."""

    label: str
    rows: int


class TestInfo(Value):
    """The test file: its rows that count, and the hash of its columns. Nothing else is ever inferred from it."""

    __test__ = False  # no test of pytest's

    rows: int
    rows_without_target: int
    new_classes: tuple[str, ...]  # labels of the target that training does not have
    fingerprint: str


class Schema(Value):
    """The table. `rows` counts rows with a target, and with a weight above 0 where there are weights.

    `classes` is empty for a target that is a quantity. `test`: what is known of the test file, where there is one.
    """

    columns: tuple[ColumnInfo, ...]
    rows: int
    rows_without_target: int
    classes: tuple[ClassInfo, ...]  # by label: all distinct target values, or none where they are more than 1000
    fingerprint: str
    rows_without_weight: int = 0  # rows with a target and the weight 0, which do not count
    test: TestInfo | None = None

    @property
    def data_digest(self) -> str:
        """The hash of the data: of the table; where there is a test file, of both."""
        return self.fingerprint if self.test is None else digest_json([self.fingerprint, self.test.fingerprint])

    def column(self, name: str) -> ColumnInfo:
        """The column of that name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def with_role(self, *roles: Role) -> tuple[ColumnInfo, ...]:
        """The columns that have one of these roles, in file order."""
        return tuple(c for c in self.columns if c.role in roles)
