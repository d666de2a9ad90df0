"""What flows on the edges of a pipeline graph: the kind of each column, missing or not, dense or sparse."""

from __future__ import annotations

from enum import StrEnum

from automl.value import Value


class Kind(StrEnum):
    """The kind of one column. The first six come from data; the last three are made by pipeline steps."""

    NUMERIC = "numeric"
    INTEGER = "integer"  # whole numbers with few distinct values: a quantity and a code at once
    BOOLEAN = "boolean"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"
    TEXT = "text"
    NUMBER = "number"  # a column of a float64 matrix
    CODE = "code"  # a column of a float64 matrix that holds category codes
    PREDICTION = "prediction"  # a probability or a predicted value


QUANTITIES = (Kind.NUMERIC, Kind.INTEGER, Kind.BOOLEAN)  # columns whose values have an order and a size


class ColumnType(Value):
    """One column of an edge. `name` ends in '=*' where one input column becomes as many as it has levels."""

    name: str
    kind: Kind
    missing: bool


class TableType(Value):
    """The type of an edge: its columns in order, and whether the matrix is sparse."""

    columns: tuple[ColumnType, ...]
    sparse: bool = False

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that occur."""
        return frozenset(c.kind for c in self.columns)

    @property
    def missing(self) -> bool:
        """Whether any column may hold missing values."""
        return any(c.missing for c in self.columns)
